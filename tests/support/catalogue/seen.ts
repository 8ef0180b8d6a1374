import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { z } from 'zod';
import type { CataloguedServer } from './servers.js';

/** A list, or an answer, as it was written: the members that nobody here knows, in their order. */
const ANYTHING = z.record(z.string(), z.unknown());
type Anything = z.infer<typeof ANYTHING>;
const CALL_WITHIN_MS = 120_000;

/** What a client sees of one server. */
export interface Seen {
  readonly tools: readonly Anything[];
  readonly prompts: readonly Anything[];
  readonly resources: readonly Anything[];
  /** JSON texts of results, or of errors, by what was asked. */
  readonly answers: Readonly<Record<string, string>>;
}

/** How things are named there. */
export interface Naming {
  named(name: string): string;
  /** The server's own name, of what is the server's. */
  own(name: string): string | undefined;
  /** @param uris the server's. @param listed all that are listed there. */
  ownUri(uri: string, uris: ReadonlySet<string>, listed: ReadonlySet<string>): string | undefined;
  uri(uri: string, listed: ReadonlySet<string>): string;
}

export const DIRECTLY: Naming = {
  named: (name) => name,
  own: (name) => name,
  ownUri: (uri) => uri,
  uri: (uri) => uri,
};

/** Behind a gateway a name has the backend's before it; a URI only where another backend has the same. */
export const through = (backend: string): Naming => ({
  named: (name) => `${backend}_${name}`,
  own: (name) => (name.startsWith(`${backend}_`) ? name.slice(backend.length + 1) : undefined),
  ownUri: (uri, uris, listed) => {
    if (uri.startsWith(`${backend}+`)) return uri.slice(backend.length + 1);
    return uris.has(uri) && !listed.has(`${backend}+${uri}`) ? uri : undefined;
  },
  uri: (uri, listed) => (listed.has(`${backend}+${uri}`) ? `${backend}+${uri}` : uri),
});

async function listed(client: Client, method: string, member: string): Promise<readonly Anything[]> {
  const all: Anything[] = [];
  let cursor: unknown;
  do {
    const params = typeof cursor === 'string' ? { cursor } : {};
    const page = await client.request({ method, params }, ANYTHING, { timeout: CALL_WITHIN_MS });
    const entries = page[member];
    if (Array.isArray(entries)) all.push(...(entries as Anything[]));
    cursor = page['nextCursor'];
  } while (typeof cursor === 'string');
  return all;
}

/** Whether something of each kind that the server has is listed there: a list waits for a slow backend for a while only. */
export async function isListed(client: Client, directly: Seen, naming: Naming): Promise<boolean> {
  const uris = new Set(directly.resources.map(({ uri }) => String(uri)));
  for (const kind of ['tools', 'prompts', 'resources'] as const) {
    if (directly[kind].length === 0) continue;
    const all = await listed(client, `${kind}/list`, kind);
    const isOwn =
      kind === 'resources'
        ? ({ uri }: Anything) => naming.ownUri(String(uri), uris, new Set()) !== undefined
        : ({ name }: Anything) => naming.own(String(name)) !== undefined;
    if (!all.some(isOwn)) return false;
  }
  return true;
}

async function answer(client: Client, method: string, params: Anything): Promise<string> {
  try {
    return JSON.stringify(await client.request({ method, params }, ANYTHING, { timeout: CALL_WITHIN_MS }));
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** @param uris of the server's resources, where others have some, too */
export async function look(
  client: Client,
  { call: [tool, parameters] }: Pick<CataloguedServer, 'call'>,
  naming: Naming,
  uris?: ReadonlySet<string>,
): Promise<Seen> {
  const offers = client.getServerCapabilities() ?? {};
  const list = async (method: string, member: string, isOffered: boolean): Promise<readonly Anything[]> =>
    isOffered ? await listed(client, method, member) : [];
  const own = (all: readonly Anything[]): readonly Anything[] =>
    all.flatMap((one) => {
      const name = naming.own(String(one['name']));
      return name === undefined ? [] : [{ ...one, name }];
    });
  const tools = own(await list('tools/list', 'tools', offers.tools !== undefined));
  const prompts = own(await list('prompts/list', 'prompts', offers.prompts !== undefined));
  const everywhere = await list('resources/list', 'resources', offers.resources !== undefined);
  const listedUris = new Set(everywhere.map(({ uri }) => String(uri)));
  const resources = everywhere.flatMap((one) => {
    const uri = naming.ownUri(String(one['uri']), uris ?? listedUris, listedUris);
    return uri === undefined ? [] : [{ ...one, uri }];
  });
  const answers: Record<string, string> = {
    [`tool ${tool}`]: await answer(client, 'tools/call', { name: naming.named(tool), arguments: parameters }),
  };
  const prompt = prompts.find(
    ({ arguments: wanted }) => !JSON.stringify(wanted ?? []).includes('"required":true'),
  );
  if (prompt !== undefined)
    answers[`prompt ${String(prompt['name'])}`] = await answer(client, 'prompts/get', {
      name: naming.named(String(prompt['name'])),
    });
  const [resource] = resources;
  if (resource !== undefined)
    answers[`resource ${resource.uri}`] = await answer(client, 'resources/read', {
      uri: naming.uri(resource.uri, listedUris),
    });
  return { tools, prompts, resources, answers };
}

/** What is not the same. */
export function differences(
  directly: Seen,
  through: Seen,
): { readonly lists: string[]; readonly answers: string[] } {
  const lists = (['tools', 'prompts', 'resources'] as const).flatMap((kind) => {
    const key = kind === 'resources' ? 'uri' : 'name';
    const others = new Map(through[kind].map((one) => [one[key], one]));
    const missing = directly[kind]
      .filter((one) => !others.has(one[key]))
      .map((one) => `no ${String(one[key])}`);
    const changed = directly[kind].filter(
      (one) =>
        others.has(one[key]) && JSON.stringify(sorted(others.get(one[key]))) !== JSON.stringify(sorted(one)),
    );
    const added = through[kind].length - directly[kind].length + missing.length;
    return [
      ...missing,
      ...changed.map((one) => `${String(one[key])} is another`),
      ...(added > 0 ? [`${added} ${kind} more`] : []),
    ];
  });
  const answers = Object.entries(directly.answers)
    .filter(([asked, said]) => through.answers[asked] !== said)
    .map(
      ([asked, said]) => `${asked}: ${said.slice(0, 300)} | ${String(through.answers[asked]).slice(0, 300)}`,
    );
  return { lists, answers };
}

/** Some servers write the members of a schema in another order to clients of another revision. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => one.localeCompare(other));
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]));
};
