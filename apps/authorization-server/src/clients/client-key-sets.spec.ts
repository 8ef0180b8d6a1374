import 'reflect-metadata';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTrustedSite, type TrustedSite } from '@gatehouse/testing/trusted-site';
import { exportJWK } from 'jose';
import { asserted, authenticates, ClientKey } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';
import { ClientKeySets } from './client-key-sets.flow.js';

/** Keys that a client publishes, and that the server has to fetch. */

interface Served {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

let world: ServiceWorld;
let service: TestService;
let site: TrustedSite;
let origin: string;
let fetched: string[] = [];
const served = new Map<string, Served>();

beforeAll(async () => {
  site = await startTrustedSite((request, response) => {
    fetched.push(request.url ?? '');
    const { status = 200, headers, body } = served.get(request.url ?? '') ?? { status: 404, body: '' };
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  });
  ({ origin } = site);
});

shareWorld(startServiceWorld, (started) => ({ service } = world = started));

afterAll(() => site.close());

beforeEach(() => {
  fetched = [];
});

let sets = 0;

/** Publishes keys at a fresh address. @returns the address. */
function publish(keys: readonly ClientKey[], more: Partial<Served> = {}): string {
  const path = `/jwks-${(sets += 1)}.json`;
  served.set(path, { body: JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }), ...more });
  return origin + path;
}

const registered = async (jwksUri: string, at = service): Promise<string> =>
  await at.register({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwksUri });

const proves = async (clientId: string, key: ClientKey, at = service): Promise<boolean> =>
  await authenticates(at, asserted(await key.assertion(clientId, at.issuer)));

describe('a client that publishes its keys', () => {
  test('authenticates with each of them, and they are fetched once', async () => {
    const keys = [await ClientKey.make(), await ClientKey.make('PS256')];
    const clientId = await registered(publish(keys));
    for (const key of [...keys, ...keys]) expect(await proves(clientId, key)).toBe(true);
    expect(await proves(clientId, await ClientKey.make())).toBe(false);
    // Once in a minute, however long five proofs take here.
    expect(fetched.length).toBeLessThan(5);
  });

  test('may be known by its metadata document alone', async () => {
    const key = await ClientKey.make();
    const clientId = `${origin}/client.json`;
    served.set('/client.json', {
      body: JSON.stringify({
        client_id: clientId,
        client_name: 'Document Client',
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: publish([key]),
      }),
    });
    expect(await proves(clientId, key)).toBe(true);
    expect(await proves(clientId, await ClientKey.make())).toBe(false);
    expect(await authenticates(service, { client_id: clientId })).toBe(false);
    // The document, and the keys, each once in a minute: not for each of three requests.
    expect(fetched.length).toBeLessThan(6);
  });

  test('may publish keys for other purposes beside them; a private one is never used', async () => {
    const [key, leaked] = [await ClientKey.make(), await ClientKey.make()];
    const keys = [
      { ...key.publicJwk, x5c: ['AAAA'] },
      { kty: 'oct', k: 'c2VjcmV0' },
      { kty: 'RSA', n: 'A'.repeat(4_000), e: 'AQAB' },
      { ...key.publicJwk, kid: 'enc', use: 'enc' },
      await exportJWK(leaked.privateKey),
    ];
    const clientId = await registered(publish([], { body: JSON.stringify({ keys }) }));
    expect(await proves(clientId, key)).toBe(true);
    expect(await proves(clientId, leaked)).toBe(false);
  });
});

describe('no key is taken', () => {
  test.each<[string, (key: ClientKey) => Partial<Served>]>([
    ['from where the address leads on to', (key) => ({ status: 302, headers: { location: publish([key]) } })],
    ['out of a document that is too large', () => ({ body: `{"keys":[],"x":"${'x'.repeat(70_000)}"}` })],
    ['out of a page', () => ({ body: '<html>' })],
    ['out of something else', () => ({ body: '[]' })],
    ['out of an error', (key) => ({ status: 500, body: JSON.stringify({ keys: [key.publicJwk] }) })],
  ])('%s', async (_where, make) => {
    const key = await ClientKey.make();
    expect(await proves(await registered(publish([key], make(key))), key)).toBe(false);
    expect(fetched).toHaveLength(1);
  });

  test('from an address of the server’s own network (SSRF)', async () => {
    const { clientRegistration } = service.config;
    const { metadataDocuments } = clientRegistration;
    const another = await world.startAnother({
      clientRegistration: {
        ...clientRegistration,
        metadataDocuments: { ...metadataDocuments, allowPrivateIps: false },
      },
    });
    const key = await ClientKey.make();
    expect(await proves(await registered(publish([key]), another), key, another)).toBe(false);
    expect(fetched).toEqual([]);
    await another.close();
  });

  test('from a host that is not allowed', async () => {
    const { clientRegistration } = service.config;
    const { metadataDocuments } = clientRegistration;
    const another = await world.startAnother({
      clientRegistration: {
        ...clientRegistration,
        metadataDocuments: { ...metadataDocuments, allowedHosts: ['*.example.org'] },
      },
    });
    const answer = await another.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: publish([await ClientKey.make()]),
    });
    expect(answer).toMatchObject({ error: 'invalid_client_metadata' });
    expect(fetched).toEqual([]);
    await another.close();
  });
});

describe('the copy', () => {
  const clock = { nowMs: () => at };
  let at = 0;
  const log = new KeptLog();
  const keySets = (): ClientKeySets => new ClientKeySets(log, service.config, clock);
  const read = async (from: ClientKeySets, url: string): Promise<unknown> => {
    const response = await from.fetch(url);
    return await response.json();
  };

  test('is used for a minute, so that a key that was withdrawn is good for no longer', async () => {
    const [old, next] = [await ClientKey.make(), await ClientKey.make()];
    const url = publish([old]);
    const from = keySets();
    expect(await read(from, url)).toEqual({ keys: [old.publicJwk] });
    served.set(new URL(url).pathname, { body: JSON.stringify({ keys: [next.publicJwk] }) });
    at += 59_999;
    expect(await read(from, url)).toEqual({ keys: [old.publicJwk] });
    at += 1;
    expect(await read(from, url)).toEqual({ keys: [next.publicJwk] });
    expect(fetched).toHaveLength(2);
  });

  test('is used for an hour while its host fails, which is asked once in ten seconds, and the log names it', async () => {
    const key = await ClientKey.make();
    const url = publish([key]);
    const from = keySets();
    await read(from, url);
    served.set(new URL(url).pathname, { status: 503, body: '' });
    at += 60_000;
    for (let time = 0; time < 5; time += 1) expect(await read(from, url)).toEqual({ keys: [key.publicJwk] });
    expect(fetched).toHaveLength(2);
    expect(log.of('client-keys-not-fetched')).toMatchObject([{ host: new URL(origin).host, usesCopy: true }]);
    at += 3_600_000;
    await expect(from.fetch(url)).rejects.toThrow('cannot be fetched');
  });

  test('a host that never answered is not asked again for every request', async () => {
    const from = keySets();
    const url = `${origin}/nothing-here`;
    for (let time = 0; time < 5; time += 1)
      await expect(from.fetch(url)).rejects.toThrow('cannot be fetched');
    expect(fetched).toHaveLength(1);
  });

  test('many who ask at once share one fetch', async () => {
    const key = await ClientKey.make();
    const [from, url] = [keySets(), publish([key])];
    await Promise.all(Array.from({ length: 50 }, async () => await read(from, url)));
    expect(fetched).toHaveLength(1);
  });
});
