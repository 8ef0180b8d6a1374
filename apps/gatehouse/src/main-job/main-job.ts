import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import type { Client } from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import { reasonOf } from '../reason.js';
import { readArrival, toRow, whoamiTool, type Identities, type Row } from './arrivals.js';
import { connectSignedIn } from './demonstration-client.js';

const PERSON = { login: 'alice', password: 'demo' };
/** Alice's subject at each of the demonstration's providers. */
const AT_PROVIDERS = new Map([
  ['acme-sso', `acme-${PERSON.login}`],
  ['octo', `octo-${PERSON.login}`],
]);

export interface MainJobResult {
  readonly rows: readonly Row[];
  readonly toolCount: number;
  readonly pagesVisited: number;
  readonly elapsedMs: number;
}

/** The main job of Gatehouse, seen from outside: sign in once, call every backend, see whose token arrived at each. */
export async function runMainJob(model: GatehouseModel, mcpUrl = model.resourceUrl): Promise<MainJobResult> {
  const beganMs = Date.now();
  const { client, accessToken, pagesVisited } = await connectSignedIn(new URL(mcpUrl), PERSON);
  try {
    const { tools } = await client.listTools();
    const identities = { atProviders: AT_PROVIDERS, atGatehouse: decodeJwt(accessToken).sub ?? '' };
    const names = new Set(tools.map(({ name }) => name));
    const rows: Row[] = [];
    for (const { name } of model.backends)
      rows.push(await callWhoami(client, model, name, identities, names));
    return { rows, toolCount: tools.length, pagesVisited, elapsedMs: Date.now() - beganMs };
  } finally {
    await client.close();
  }
}

async function callWhoami(
  client: Client,
  model: GatehouseModel,
  backend: string,
  identities: Identities,
  listed: ReadonlySet<string>,
): Promise<Row> {
  const tool = whoamiTool(model, backend);
  const failed = (failure: string): Row => toRow(model, backend, identities, { failure });
  if (!listed.has(tool)) return failed('tools/list does not name it');
  try {
    const result = await client.callTool({ name: tool, arguments: {} });
    const arrival = readArrival(result.structuredContent);
    if (result.isError === true || arrival === undefined)
      return failed(textOf(result.content) || 'no answer to read');
    return toRow(model, backend, identities, arrival);
  } catch (error) {
    return failed(reasonOf(error));
  }
}

const textOf = (content: readonly { readonly type: string }[]): string =>
  content
    .flatMap((block) => ('text' in block && typeof block.text === 'string' ? [block.text] : []))
    .join(' ')
    .slice(0, 300);
