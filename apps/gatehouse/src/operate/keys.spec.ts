import { randomBytes, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ANONYMOUS, StoredInstallation } from '../stored-installation.fixture.js';

/** In the place of the authorization server: what it publishes. */
class Issuer extends HttpStub {
  keys: unknown = [];

  protected override answer({ url }: StubRequest, response: ServerResponse): void {
    if (url.pathname === '/.well-known/oauth-authorization-server/tenant')
      sendJson(response, 200, { issuer: `${this.origin}/tenant`, jwks_uri: `${this.origin}/jwks` });
    else if (url.pathname === '/jwks') sendJson(response, 200, { keys: this.keys });
    else sendJson(response, 404, {});
  }
}

let stored: StoredInstallation;
const issuer = new Issuer();
beforeAll(async () => {
  await issuer.start();
  stored = await StoredInstallation.start((yaml) =>
    // RFC 8414 section 3.1: a path goes behind the well-known one.
    yaml.replace('issuer: http://localhost:4484', `issuer: ${issuer.origin}/tenant`),
  );
});
afterAll(async () => {
  await stored.close();
  await issuer.stop();
});

beforeEach(async () => {
  for (const table of ['keyring', 'keyring_set_aside', 'oidc_records', 'signing_keys'])
    await stored.query('authorization-server', `delete from ${table}`);
  for (const table of ['connections', 'bus_keys']) await stored.query('token-vault', `delete from ${table}`);
});

interface Key {
  readonly of: string;
  readonly use: string;
  readonly id: string;
  readonly state: string;
}
interface Keys {
  readonly keys: readonly Key[];
  readonly published: boolean | null;
}

/** @param published whether the server is there; it may be too late for the time limit, on a busy machine */
async function listed(published: boolean | null = true, config = stored.config): Promise<Keys> {
  let keys: Keys = { keys: [], published: null };
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { code, stdout, stderr } = await stored.patiently(['keys', '--json'], {}, config);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    keys = JSON.parse(stdout) as Keys;
    if (keys.published === published) break;
  }
  expect(keys.published).toBe(published);
  return keys;
}
const ofUse = ({ keys }: Keys, use: string, of = 'authorization-server'): readonly Key[] =>
  keys.filter((key) => key.use === use && key.of === of);

/** What stands in clear is at the beginning (docs/sealing.md): version 1, how long the id of the key is, the id. */
const sealedUnder = (id: string): Buffer =>
  Buffer.concat([Buffer.of(1, id.length), Buffer.from(id), randomBytes(100)]);

/** What the server made itself. */
async function made(...names: readonly string[]): Promise<void> {
  for (const name of names)
    await stored.query('authorization-server', 'insert into keyring (name, sealed) values ($1, $2)', [
      name,
      sealedUnder('demonstration'),
    ]);
}

const SINCE: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);

describe('gatehouse keys: signing keys', () => {
  test('the first one signs, the first of another algorithm signs identity tokens, the others verify', async () => {
    issuer.keys = [
      { kid: 'new', alg: 'ES256', kty: 'EC', d: 'no private part is read' },
      { kid: 'rsa', alg: 'RS256' },
      { kid: 'old', alg: 'ES256' },
      { kid: 'other', alg: 'PS256' },
    ];
    await made('signing', 'signing RS256', 'cookie');
    const keys = await listed();
    expect(ofUse(keys, 'signs tokens')).toMatchObject([
      { id: 'new', algorithm: 'ES256', state: 'signs', since: SINCE },
      { id: 'rsa', algorithm: 'RS256', state: 'signs identity tokens', since: SINCE },
      { id: 'old', algorithm: 'ES256', state: 'verifies' },
      { id: 'other', algorithm: 'PS256', state: 'signs identity tokens', since: null },
    ]);
    expect(ofUse(keys, 'guards cookies')).toMatchObject([{ id: 'cookie', state: 'current' }]);
    expect(JSON.stringify(keys)).not.toContain('no private part');
  });

  test.each([
    ['is none', 'none'],
    ['has no id', [{ alg: 'ES256' }]],
  ])('a published set of keys that %s: kept ones have no id, and that is said', async (_, keys) => {
    issuer.keys = keys;
    await made('signing');
    let said = '';
    await until(async () => {
      said = (await stored.patiently(['keys'])).stdout;
      return said.includes(`does not answer (${issuer.origin}/tenant: no keys are there). Start it`);
    });
    expect(said).toMatch(/signs tokens +not published +ES256 +kept +\d{4}-/);
  });

  test('a server that is away: the same, with what the system said of it', async () => {
    await issuer.stop();
    try {
      const { code, stdout } = await stored.patiently(['keys']);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /does not answer \(http:\/\/localhost:\d+\/tenant: no connection could be made\)/,
      );
      expect((await listed(false)).published).toBe(false);
    } finally {
      await issuer.start();
    }
  });

  test('keys that the configuration gives are not those that the server made', async () => {
    await issuer.stop();
    try {
      await made('signing', 'signing RS256');
      const text = (await stored.text()).replace(
        'keyEncryptionKeys: [{ id: demonstration, env: AUTHORIZATION',
        'signingKeys: [{ env: SIGNING_KEY }]\n  keyEncryptionKeys: [{ id: demonstration, env: AUTHORIZATION',
      );
      const config = await stored.write('with-keys.yaml', text);
      expect(ofUse(await listed(false, config), 'signs tokens')).toEqual([]);
    } finally {
      await issuer.start();
    }
  });
});

/** What the server made; times count from now. */
async function kept(
  kid: string,
  alg: string,
  { from, until = null, sealed = true }: { from: string; until?: string | null; sealed?: boolean },
): Promise<void> {
  await stored.query(
    'authorization-server',
    `insert into signing_keys (kid, alg, sealed_public, sealed_private, signs_from, signs_until, published_for_seconds, kept_for_seconds)
     values ($1, $2, $3, $4, now() + $5::interval, now() + $6::interval, 3600, 86400)`,
    [kid, alg, sealedUnder('demonstration'), sealed ? sealedUnder('demonstration') : null, from, until],
  );
}

/** Ids of the keys that are there. */
const ids = async (): Promise<readonly string[]> => ofUse(await listed(), 'signs tokens').map(({ id }) => id);

describe('gatehouse keys: what the server made', () => {
  beforeEach(async () => {
    issuer.keys = [];
    await kept('next-ec-key', 'ES256', { from: '1 h' });
    await kept('ec-key', 'ES256', { from: '-1 d', until: '1 h' });
    await kept('rsa-key', 'RS256', { from: '-1 d' });
    await kept('former-key', 'ES256', { from: '-2 d', until: '-10 min', sealed: false });
    await kept('retired-key', 'ES256', { from: '-3 d', until: '-2 h', sealed: false });
  });

  test('each has a state and a time, whether the server runs or not', async () => {
    const keys = ofUse(await listed(), 'signs tokens');
    const states = Object.fromEntries(keys.map(({ id, state }) => [id, state]));
    expect(states).toEqual({
      'next-ec-key': 'next',
      'ec-key': 'signs',
      'rsa-key': 'signs identity tokens',
      'former-key': 'verifies',
      'retired-key': 'retired',
    });
    expect(keys.find(({ id }) => id === 'ec-key')).toMatchObject({ since: SINCE, until: SINCE });
    expect(keys.find(({ id }) => id === 'rsa-key')).toMatchObject({ until: null });
    const [sealing] = ofUse(await listed(), 'seals rows');
    expect(sealing).toMatchObject({ sealed: 8 });
  });

  test('rotate: asked for of each that signs and that nothing follows yet; no private part leaves the database', async () => {
    const { code, stdout } = await stored.patiently(['keys', 'rotate', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      made: false,
      rotated: [
        { algorithm: 'ES256', next: 'next-ec-key', current: 'ec-key' },
        { algorithm: 'RS256', next: null, current: 'rsa-key', publishedUntil: null },
      ],
    });
    const rows = await stored.query<{ kid: string }>(
      'authorization-server',
      'select kid from signing_keys where rotation_asked_at is not null',
    );
    expect(rows).toEqual([{ kid: 'rsa-key' }]);
    const said = await stored.patiently(['keys', 'rotate', '--algorithm', 'RS256']);
    expect(said.stdout).toContain('RS256: asked for.\nThe authorization server does not run, or is late');
  });

  test('withdraw: the key is gone, with the copy of an earlier release, and by the beginning of its id', async () => {
    await made('signing', 'cookie');
    await stored.query(
      'authorization-server',
      `update signing_keys set earlier_name = 'signing' where kid = 'ec-key'`,
    );
    const { stdout } = await stored.patiently(['keys', 'withdraw', 'ec-key']);
    expect(stdout).toContain('Withdrawn: ec-key (ES256).');
    expect(await ids()).not.toContain('ec-key');
    const rows = await stored.query<{ name: string }>('authorization-server', 'select name from keyring');
    expect(rows).toEqual([{ name: 'cookie' }]);
  });

  test('withdraw: what the next key was to follow goes on', async () => {
    await stored.patiently(['keys', 'withdraw', 'next-e']);
    expect(await ids()).not.toContain('next-ec-key');
    expect(ofUse(await listed(), 'signs tokens').find(({ id }) => id === 'ec-key')).toMatchObject({
      state: 'signs',
      until: null,
    });
  });

  test.each([
    [['rotate', '--algorithm', 'HS256'], 64, 'Allowed choices are ES256, RS256'],
    [['withdraw', 'short'], 64, 'it is 6 to 43 letters'],
    [['withdraw', "x' or ''='x"], 64, 'is no key'],
    [['withdraw', 'nobodys-key'], 1, 'See which there are: gatehouse keys'],
  ])('%j ends with %d', async (args, code, text) => {
    expect(await stored.patiently(['keys', ...args])).toMatchObject({
      code,
      stderr: expect.stringContaining(text),
    });
    expect(await ids()).toHaveLength(5);
  });

  test('several that begin alike: none is ended', async () => {
    await kept('ec-key-2', 'ES256', { from: '-1 h' });
    expect(await stored.patiently(['keys', 'withdraw', 'ec-key'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Give more of it'),
    });
  });

  test.each([['rotate'], ['withdraw', 'ec-key']])(
    'keys that stand in the configuration are not for %s: exit code 78',
    async (...args) => {
      const text = (await stored.text()).replace(
        'keyEncryptionKeys: [{ id: demonstration, env: AUTHORIZATION',
        'signingKeys: [{ env: SIGNING_KEY }]\n  keyEncryptionKeys: [{ id: demonstration, env: AUTHORIZATION',
      );
      const config = await stored.write('with-keys.yaml', text);
      expect(await stored.patiently(['keys', ...args], {}, config)).toMatchObject({
        code: 78,
        stderr: expect.stringContaining('put it first'),
      });
    },
  );
});

describe('gatehouse keys: keys that seal', () => {
  test('the first of the list seals, the others open, and what opens values and is not in the list is missing', async () => {
    issuer.keys = [];
    const text = (await stored.text()).replace(
      '[{ id: demonstration, env: TOKEN_VAULT_KEY_ENCRYPTION_KEY }]',
      '[{ id: next, env: NEXT_KEY }, { id: demonstration, env: TOKEN_VAULT_KEY_ENCRYPTION_KEY }]',
    );
    const config = await stored.write('next.yaml', text);
    for (const id of ['demonstration', 'demonstration', 'lost']) {
      const connection = await stored.connection(randomUUID());
      await stored.query('token-vault', 'update connections set tokens = $2 where id = $1', [
        connection,
        sealedUnder(id),
      ]);
    }
    // What was never sealed counts for none.
    await stored.connection(randomUUID());
    await stored.custody(2);
    const keys = await listed(true, config);
    expect(ofUse(keys, 'seals rows', 'token-vault')).toMatchObject([
      { id: 'next', state: 'seals', sealed: 0, custodyEntries: 0, missing: false },
      { id: 'demonstration', state: 'opens', sealed: 2, custodyEntries: 2, missing: false },
      { id: 'lost', state: 'missing', sealed: 1, custodyEntries: 0, missing: true },
    ]);
    const { stdout } = await stored.patiently(['keys'], {}, config);
    expect(stdout).toMatch(/^token-vault +seals rows +lost +AES-256-GCM +missing +- +- +1 +0$/m);
  });

  test('a secret of a registered client counts, in the row of its registration', async () => {
    await stored.query(
      'authorization-server',
      `insert into oidc_records (model, id, payload) values ('Client', 'x', $1)`,
      [{ client_id: 'x', sealed_client_secret: sealedUnder('demonstration').toString('base64url') }],
    );
    await made('signing');
    expect(ofUse(await listed(), 'seals rows')).toMatchObject([
      { id: 'demonstration', state: 'seals', sealed: 2, custodyEntries: null },
    ]);
  });
});

describe('gatehouse keys: keys of the bus', () => {
  test('one is current, one opens, one is set aside; one whose time is over is none', async () => {
    for (const [kid, use, open, aside] of [
      ['current', '1 h', '2 h', false],
      ['before', '-1 h', '1 h', false],
      ['aside', '1 h', '2 h', true],
      ['over', '-2 h', '-1 h', false],
    ] as const)
      await stored.query(
        'token-vault',
        `insert into bus_keys (kid, private_jwk, use_until, open_until, set_aside_at)
         values ($1, '\\x00', now() + $2::interval, now() + $3::interval, case when $4::boolean then now() end)`,
        [kid, use, open, aside],
      );
    const keys = ofUse(await listed(), 'seals messages', 'token-vault');
    expect(Object.fromEntries(keys.map(({ id, state }) => [id, state]))).toEqual({
      current: 'current',
      before: 'opens',
      aside: 'set aside',
    });
  });

  test('where callers sign in elsewhere, the vault has the only keys', async () => {
    const keys = await listed(null, await stored.write('anonymous.yaml', ANONYMOUS));
    expect(new Set(keys.keys.map(({ of }) => of))).toEqual(new Set(['token-vault']));
  });
});
