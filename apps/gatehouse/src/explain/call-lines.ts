import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Cannot } from '../cannot.js';

/** The audit line of one call (docs/telemetry.md); it holds no credential. */
export type CallLine = Readonly<Record<string, unknown>>;

const MAX_LINE = 64 * 1024;

/** The lines about one call, by its trace id or its JSON-RPC id. */
export async function callLines(file: string, id: string): Promise<readonly CallLine[]> {
  const found: CallLine[] = [];
  try {
    for await (const text of createInterface({ input: createReadStream(file, 'utf8') })) {
      if (text.length > MAX_LINE || !text.includes('"audit"')) continue;
      const line = parsed(text);
      if (
        line?.['category'] === 'audit' &&
        line['event'] === 'call' &&
        (line['traceId'] === id || String(line['request']) === id)
      )
        found.push(line);
    }
  } catch {
    throw new Cannot(
      `The log ${file} does not exist or cannot be read. Name another one: --log <file>`,
      'noInput',
    );
  }
  return found;
}

function parsed(text: string): CallLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as CallLine) : undefined;
  } catch {
    return undefined;
  }
}
