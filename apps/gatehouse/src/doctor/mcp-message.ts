import type { SafeResponse } from '@gatehouse/safe-fetch/safe-fetch';

/** The JSON-RPC message of an answer, which may be the first one of an event stream. */
export function messageIn({ headers, body }: SafeResponse): Readonly<Record<string, unknown>> | undefined {
  const text = body.toString('utf8');
  const isStream = (headers.get('content-type') ?? '').startsWith('text/event-stream');
  const lines = isStream ? text.split(/\r?\n/).filter((line) => line.startsWith('data:')) : [`data:${text}`];
  for (const line of lines) {
    const message = parsed(line.slice('data:'.length));
    if (message !== undefined && ('result' in message || 'error' in message)) return message;
  }
  return undefined;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
