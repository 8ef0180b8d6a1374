import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { isOutage } from '@gatehouse/kernel/outage';
import type { Secret } from '@gatehouse/kernel/secret';
import { reasonOf } from '../reason.js';
import { shownText } from '../shown-text.js';

/** What a gateway that runs lists for one caller. */
export type ListedTools =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly why: string; readonly mayWorkLater: boolean };

const MAX_PAGES = 100;

/** Asks as a client does. @param token of the caller; absent: as anybody. */
export async function listedTools(mcpUrl: string, token: Secret | undefined): Promise<ListedTools> {
  const client = new Client(
    { name: 'gatehouse-tools', version: '1.0.0' },
    { versionNegotiation: { mode: 'auto' } },
  );
  const headers = token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` };
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl), { requestInit: { headers } }));
    const names: string[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { tools, nextCursor } = await client.listTools(cursor === undefined ? {} : { cursor });
      names.push(...tools.map(({ name }) => name));
      if (nextCursor === undefined) break;
      cursor = nextCursor;
    }
    return { ok: true, names };
  } catch (error) {
    const secrets = token === undefined ? [] : [token.reveal()];
    return { ok: false, why: shownText(reasonOf(error), secrets), mayWorkLater: isOutage(error) };
  } finally {
    await client.close().catch(() => undefined);
  }
}
