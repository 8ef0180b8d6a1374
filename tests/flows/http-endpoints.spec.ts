import { readFileSync } from 'node:fs';
import { inRepository } from '@gatehouse/testing/repository';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { signedIn } from '../support/callers.js';
import { Validator } from '@seriousme/openapi-schema-validator';

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema: { readonly required?: readonly string[] } }>>;
}
interface Operation {
  readonly tags: readonly string[];
  readonly responses: Readonly<Record<string, Response>>;
}
type PathItem = Readonly<Record<'get' | 'post' | 'delete' | 'options', Operation | undefined>>;

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, PathItem>>;
}

const document = JSON.parse(readFileSync(inRepository('docs/reference/openapi.json'), 'utf8')) as Document;

const METHODS = ['get', 'post', 'delete', 'options'] as const;
const INTERNAL = 'internal';

/** Every operation, once for each listener that has it. */
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method];
    return operation === undefined
      ? []
      : operation.tags.map((service) => ({ path, method, service, operation }));
  }),
);

let world: World;
beforeAll(async () => {
  world = await startWorld({
    configure: (yaml) => `${yaml}\nviews: [{ name: small, backends: [repos] }]\n`,
  });
});
afterAll(() => world.close());

/** Something of each kind that is there, or that nobody has. */
const SAMPLES: Readonly<Record<string, string>> = {
  backend: 'repos',
  view: 'small',
  resource: 'mcp',
  provider: 'octo',
  callback: 'octo',
  how: 'connected',
  uid: 'a-sign-in-of-nobody',
  id: 'an-attempt-of-nobody-0',
};

const filled = (path: string): string =>
  path.replace(/\{(\w+)\}/g, (whole, name: string) => SAMPLES[name] ?? whole);

/** The stylesheet's address is in every page. */
async function addressOf(path: string, base: string): Promise<string> {
  if (!path.includes('{digest}')) return `${base}${filled(path)}`;
  const page = await (await fetch(`${base}/connections`)).text();
  const href = /href="(\/pages\/[\w-]+\.css)"/.exec(page)?.[1];
  if (href === undefined) throw new Error('a page names no stylesheet');
  return `${base}${href}`;
}

const local = (port: number | undefined): string => `http://127.0.0.1:${String(port)}`;

function basesOf(service: string): readonly string[] {
  if (service === INTERNAL)
    return (['authorization-server', 'token-vault', 'vmcp-proxy'] as const).flatMap((name) =>
      world.internalPortsOf(name).map(local),
    );
  return [service === 'vmcp-proxy' ? new URL(world.mcpUrl).origin : world.issuer];
}

/** What the framework, or the authorization server, says of a path that it does not have. */
const NO_ROUTE = /Cannot [A-Z]+ \/|has no endpoint at this path/;

describe('the OpenAPI document', () => {
  test('is a valid document of OpenAPI 3.1', async () => {
    const verdict = await new Validator().validate({ ...structuredClone(document) });
    expect(verdict.errors).toBeUndefined();
    expect(verdict.valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
  });

  test('would not pass with a planted fault', async () => {
    const verdict = await new Validator().validate({ ...structuredClone(document), paths: { planted: 1 } });
    expect(verdict.valid).toBe(false);
  });
});

test.each(operations)(
  '$service answers $method $path as its page says',
  async ({ path, method, service, operation }) => {
    for (const base of basesOf(service)) {
      const response = await fetch(await addressOf(path, base), {
        method: method.toUpperCase(),
        redirect: 'manual',
      });
      const body = await response.text();
      expect(body).not.toMatch(NO_ROUTE);
      expect(Object.keys(operation.responses)).toContain(String(response.status));
      const content = operation.responses[String(response.status)]?.content ?? {};
      const [type] = Object.keys(content);
      if (type === undefined) continue;
      expect(response.headers.get('content-type')).toContain(type);
      for (const member of content[type]?.schema.required ?? [])
        expect(Object.keys(JSON.parse(body) as object)).toContain(member);
    }
  },
);

/** Of requests that a client with a token may get wrong. */
test.each([
  ['get', {}, 405],
  ['delete', {}, 400],
  ['post', {}, 415],
  ['post', { 'content-type': 'application/json' }, 400],
] as const)('with a token, %s /mcp with %j is answered as its page says', async (method, headers, status) => {
  const { accessToken } = await signedIn(world, 'alice');
  const response = await fetch(world.mcpUrl, {
    method: method.toUpperCase(),
    headers: { ...headers, authorization: `Bearer ${accessToken}` },
  });
  await response.text();
  expect(response.status).toBe(status);
  expect(Object.keys(document.paths['/mcp']?.[method]?.responses ?? {})).toContain(String(status));
});

/** What other servers have, or what belongs to another listener: where it is answered, it has to be on the page. */
const ELSEWHERE = [
  '/oauth/introspect',
  '/oauth/device',
  '/oauth/par',
  '/oauth/end-session/confirm',
  '/oauth/interaction',
  '/.well-known/webfinger',
  '/readyz',
  '/metrics',
  '/status',
  '/admin',
  '/oauth',
  '/mcp/views',
  '/mcp/views/nobodys',
  '/mcp/nobodys',
  '/.well-known/oauth-protected-resource/nobodys',
];

test.each(['authorization-server', 'vmcp-proxy'])(
  '%s has no endpoint that its page does not name',
  async (service) => {
    for (const base of basesOf(service))
      for (const path of ELSEWHERE)
        expect([path, (await fetch(`${base}${path}`)).status]).toEqual([path, 404]);
  },
);
