import { authorization } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';

/** A stream on which a client listens. */
export interface Listening {
  readonly status: number;
  /** What has come: one JSON-RPC message for each event. */
  readonly messages: readonly JsonObject[];
  readonly text: () => string;
  readonly ended: Promise<void>;
  close(): void;
}

export async function listening(url: string, request: RequestInit): Promise<Listening> {
  const abort = new AbortController();
  const response = await fetch(url, { ...request, signal: abort.signal });
  let text = '';
  const messages: JsonObject[] = [];
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      const more = decoder.decode(chunk, { stream: true });
      text += more;
      const events = (rest + more).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1];
        // Empty: it only says where the stream is.
        if (data !== undefined && data !== '') messages.push(JSON.parse(data) as JsonObject);
      }
    }
  };
  const ended = read().catch(() => undefined);
  return { status: response.status, messages, text: () => text, ended, close: () => abort.abort() };
}

/** `GET` in a session (MCP until 2025-11-25). */
export const listeningByGet = async (
  url: string,
  token: string,
  sessionId: string,
  headers: Record<string, string> = {},
): Promise<Listening> =>
  await listening(url, {
    headers: {
      accept: 'text/event-stream',
      'mcp-session-id': sessionId,
      ...authorization(token),
      ...headers,
    },
  });

/** `subscriptions/listen` (MCP 2026-07-28). */
export const listeningByPost = async (
  url: string,
  token: string,
  notifications: unknown,
  id: unknown = 'listen-1',
): Promise<Listening> =>
  await listening(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'subscriptions/listen',
      ...authorization(token),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id,
      method: 'subscriptions/listen',
      params: {
        notifications,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  });
