import { sha256 } from '@gatehouse/kernel/digest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { StoredInstallation } from '../stored-installation.fixture.js';

const INTRANET = `clients: [{ clientId: intranet, clientName: Intranet, redirectUris: ['https://intranet.example/callback'] }]`;
const DOCUMENT = 'https://editor.example/client.json';
const DOCUMENTS = `metadataDocuments: { enabled: true, documents: [{ clientId: '${DOCUMENT}', clientName: Editor, redirectUris: ['http://127.0.0.1/callback'] }] }`;

let stored: StoredInstallation;
beforeAll(async () => {
  stored = await StoredInstallation.start((yaml) =>
    yaml.replace('metadataDocuments: { enabled: false }', `${INTRANET}, ${DOCUMENTS}`),
  );
});
afterAll(() => stored.close());

beforeEach(async () => {
  await stored.query('authorization-server', 'delete from accounts');
  await stored.query('authorization-server', 'delete from oidc_records');
});

const json = async (...args: readonly string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await stored.patiently([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};
const refused = async (...args: readonly string[]): Promise<readonly unknown[]> => {
  const { code, stderr } = await stored.patiently(args);
  return [code, stderr];
};

async function registered(clientId: string, more: object = {}, model = 'Client'): Promise<void> {
  const payload = { client_id: clientId, redirect_uris: ['http://127.0.0.1/cb'], ...more };
  await stored.query(
    'authorization-server',
    'insert into oidc_records (model, id, payload) values ($1, $2, $3)',
    [model, sha256(clientId), payload],
  );
}

const CONFIGURED = [
  { client: 'intranet', name: 'Intranet', kind: 'configured', sessions: 0, registered: null, lastUsed: null },
  { client: DOCUMENT, name: 'Editor', kind: 'document', public: null },
];

describe('gatehouse clients', () => {
  test('those of the configuration are known before anybody has used them', async () => {
    expect(await json('clients')).toMatchObject({ clients: CONFIGURED, total: 2 });
    expect(await json('clients', '--limit', '1')).toMatchObject({ clients: [CONFIGURED[0]], total: 2 });
  });

  test('each says how it is known: registered, configured, by a document, or gone', async () => {
    await registered('one', { client_name: 'One', token_endpoint_auth_method: 'none' });
    await registered('two', { token_endpoint_auth_method: 'client_secret_basic' });
    const alice = await stored.person({ name: 'Alice' });
    const documentOfOthers = 'https://other.example/client.json';
    for (const [clientId, clientName] of [
      ['intranet', 'as it was called then'],
      ['forgotten', 'Forgotten'],
      [documentOfOthers, 'Other'],
    ] as const)
      await stored.session(alice, { clientId, clientName });
    const { clients, total } = (await json('clients')) as {
      readonly clients: readonly { readonly client: string }[];
      readonly total: number;
    };
    const of = (id: string) => clients.find(({ client }) => client === id);
    expect(total).toBe(6);
    expect(of('one')).toMatchObject({ kind: 'registered', name: 'One', public: true, setAside: false });
    expect(of('two')).toMatchObject({ kind: 'registered', name: null, public: false, lastUsed: null });
    // By its name of now.
    expect(of('intranet')).toMatchObject({ kind: 'configured', name: 'Intranet', sessions: 1 });
    expect(of('forgotten')).toMatchObject({ kind: 'gone', redirectUris: [], public: null, sessions: 1 });
    expect(of(documentOfOthers)).toMatchObject({ kind: 'document', name: 'Other' });
    expect(of(DOCUMENT)).toMatchObject({ kind: 'document', name: 'Editor', sessions: 0 });
  });

  test('one whose secret does not open is set aside, and said to be', async () => {
    await registered('one', { client_name: 'One' });
    await stored.query('authorization-server', 'update oidc_records set set_aside_at = now()');
    const { stdout } = await stored.patiently(['clients']);
    expect(stdout).toMatch(/^One {2,}one {2,}set aside {2,}http:\/\/127\.0\.0\.1\/cb {2,}- {2,}0 {2,}0$/m);
    expect(await json('clients', '--limit', '1')).toMatchObject({ clients: [{ setAside: true }] });
  });

  test('attack: the id of a client moves no cursor', async () => {
    await stored.session(await stored.person(), { clientId: 'evil\u001b[2J', clientName: '' });
    const { stdout } = await stored.patiently(['clients']);
    expect(stdout).toMatch(/^- {2,}evil\?\[2J {2,}gone {2,}- /m);
  });

  test('remove: its registration, approvals and sessions go, and nobody else’s', async () => {
    await registered('one', { client_name: 'One' });
    await registered('two');
    const alice = await stored.person({ name: 'Alice' });
    await stored.session(alice, { clientId: 'one' });
    const kept = await stored.session(alice, { clientId: 'two' });
    for (const clientId of ['one', 'two'])
      await stored.query(
        'authorization-server',
        `insert into approvals (account_id, client_id, fingerprint) values ($1, $2, 'f')`,
        [alice, clientId],
      );
    const { code, stdout, stderr } = await stored.patiently(['clients', 'remove', 'one']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^Removed One, and ended 1 of its sessions\.\nThe authorization server does not run/,
    );
    expect(stdout).toContain('It has to register anew before anybody signs in with it.');
    expect(await stored.query('authorization-server', 'select client_id from approvals')).toEqual([
      { client_id: 'two' },
    ]);
    expect(
      await stored.query('authorization-server', 'select tsid from sessions where closed_at is null'),
    ).toEqual([{ tsid: kept }]);
    // It is known by its sessions still.
    expect(await json('clients', 'remove', 'one')).toEqual({ removed: 'one', sessionsEnded: 0, told: false });
  });

  test('remove: one that is known by a document may come back, and how to refuse it is said', async () => {
    await registered(DOCUMENT, {}, 'ClientDocument');
    const { code, stdout } = await stored.patiently(['clients', 'remove', DOCUMENT]);
    expect(code).toBe(0);
    expect(stdout).toContain('Removed Editor, and ended 0 of its sessions.');
    expect(stdout).toContain('authServer.clientRegistration.metadataDocuments.allowedHosts');
    expect(await stored.query('authorization-server', 'select from oidc_records')).toEqual([]);
  });

  test('remove: what stands in the configuration stays: exit code 78; what nobody knows is none: 1', async () => {
    expect(await refused('clients', 'remove', 'intranet')).toEqual([
      78,
      expect.stringContaining('The client intranet stands in the configuration.'),
    ]);
    expect(await refused('clients', 'remove', 'nobody')).toEqual([
      1,
      expect.stringContaining('There is no client nobody. See which there are: gatehouse clients'),
    ]);
  });
});
