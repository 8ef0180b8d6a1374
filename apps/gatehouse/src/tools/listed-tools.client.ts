import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { isOutage } from '@gatehouse/kernel/outage';
import type { Secret } from '@gatehouse/kernel/secret';
import { reasonOf } from '../reason.js';
import { shownText } from '../shown-text.js';

/** What a gateway that runs lists for one caller. */
export type ListedTools =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly why: string; readonly mayWorkLater: boolean };

const MAX_PAGES = 100;
/** For all of it: whoever answers page after page keeps nobody waiting for longer. */
const WITHIN_MS = 30 * SECOND_MS;

/** Asks as a client does. @param token of the caller; absent: as anybody. */
export async function listedTools(
  mcpUrl: string,
  token: Secret | undefined,
  withinMs = WITHIN_MS,
): Promise<ListedTools> {
  const client = new Client(
    { name: 'gatehouse-tools', version: '1.0.0' },
    { versionNegotiation: { mode: 'auto' } },
  );
  const headers = token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` };
  const ends = AbortSignal.timeout(withinMs);
  const options = { signal: ends };
  try {
    const transport = new StreamableHTTPClientTransport(new URL(mcpUrl), { requestInit: { headers } });
    await client.connect(transport, options);
    const names: string[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { tools, nextCursor } = await client.listTools(cursor === undefined ? {} : { cursor }, options);
      names.push(...tools.map(({ name }) => name));
      if (nextCursor === undefined) break;
      cursor = nextCursor;
    }
    return { ok: true, names };
  } catch (error) {
    const secrets = token === undefined ? [] : [token.reveal()];
    if (ends.aborted) return { ok: false, why: 'it does not answer in time', mayWorkLater: true };
    return { ok: false, why: shownText(reasonOf(error), secrets), mayWorkLater: isOutage(error) };
  } finally {
    await client.close().catch(() => undefined);
  }
}
