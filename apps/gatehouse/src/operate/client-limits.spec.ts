import { sha256 } from '@gatehouse/kernel/digest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { StoredInstallation } from '../stored-installation.fixture.js';

const INTRANET = `clients: [{ clientId: intranet, clientName: Intranet, redirectUris: ['https://intranet.example/callback'], limits: { scopes: [openid], accessTokenLifespan: 5m } }]`;
const DOCUMENT = 'https://editor.example/client.json';

let stored: StoredInstallation;
beforeAll(async () => {
  stored = await StoredInstallation.start((yaml) =>
    yaml.replace(
      'metadataDocuments: { enabled: false }',
      `${INTRANET}, metadataDocuments: { enabled: true }`,
    ),
  );
});
afterAll(() => stored.close());

beforeEach(async () => {
  await stored.query('authorization-server', 'delete from client_limits');
  await stored.query('authorization-server', 'delete from oidc_records');
  await stored.query(
    'authorization-server',
    'insert into oidc_records (model, id, payload) values ($1, $2, $3)',
    ['Client', sha256('one'), { client_id: 'one', client_name: 'One', redirect_uris: [] }],
  );
});

const limits = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await stored.patiently(['clients', 'limits', ...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as unknown;
};
const refused = async (...args: readonly string[]): Promise<readonly unknown[]> => {
  const { code, stderr } = await stored.patiently(['clients', 'limits', ...args]);
  return [code, stderr];
};
const kept = async () =>
  await stored.query('authorization-server', 'select client_id, limits from client_limits');

const NONE = { resources: null, scopes: null, accessTokenLifespan: null, refreshTokenLifespan: null };

describe('gatehouse clients limits', () => {
  test('sets them whole, shows and removes them', async () => {
    expect(await limits('one')).toEqual(NONE);
    await limits('one', '--scope', 'openid', 'offline_access', '--access-token-lifespan', '5m');
    expect(await limits('one')).toEqual({
      ...NONE,
      ...{ scopes: ['openid', 'offline_access'], accessTokenLifespan: '5m' },
    });
    expect(await limits('one', '--refresh-token-lifespan', '8h')).toEqual({
      client: 'one',
      limits: { refreshTokenLifespan: '8h' },
    });
    expect(await kept()).toEqual([{ client_id: 'one', limits: { refreshTokenLifespan: '8h' } }]);
    const { stdout } = await stored.patiently(['clients', 'limits', 'one']);
    expect(stdout).toMatch(/^refresh token +8h$/m);
    expect(await limits('one', '--remove')).toEqual({ client: 'one', removed: true });
    expect(await limits('one', '--remove')).toEqual({ client: 'one', removed: false });
    expect(await kept()).toEqual([]);
  });

  test('a client with a document can be limited before anybody has used it', async () => {
    await limits(DOCUMENT, '--scope', 'openid');
    expect(await limits(DOCUMENT)).toEqual({ ...NONE, scopes: ['openid'] });
  });

  test('the rules are those of the configuration, and what breaks one changes nothing: exit code 64', async () => {
    expect(await refused('one', '--scope', 'no-such-scope')).toEqual([
      64,
      expect.stringContaining('limits.scopes[0]: no-such-scope is not in scopesSupported'),
    ]);
    expect(await refused('one', '--access-token-lifespan', '2y')).toEqual([
      64,
      expect.stringContaining('limits.accessTokenLifespan: '),
    ]);
    expect(await refused('one', '--scope', 'openid', '--remove')).toEqual([
      64,
      expect.stringContaining('--remove'),
    ]);
    expect(await kept()).toEqual([]);
  });

  test('those of the configuration are shown and stay: 78; an unknown client has none: 1', async () => {
    expect(await limits('intranet')).toEqual({ ...NONE, scopes: ['openid'], accessTokenLifespan: '5m' });
    for (const more of [['--scope', 'openid'], ['--remove']])
      expect(await refused('intranet', ...more)).toEqual([
        78,
        expect.stringContaining('authServer.clientRegistration.clients'),
      ]);
    for (const more of [['--scope', 'openid'], []])
      expect(await refused('nobody', ...more)).toEqual([
        1,
        expect.stringContaining('There is no client nobody'),
      ]);
  });
});
