import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { signedIn, wrongCalls, type SignedIn } from '../support/callers.js';
import { inAuthorizationServer } from '../support/database.js';
import { OperatedWorld, TIME } from '../support/operated-world.js';

const CONFIGURED = `clients: [{ clientId: intranet, clientName: Intranet, redirectUris: ['https://intranet.example/callback'] }]`;

let operated: OperatedWorld;
let alice: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  operated = await OperatedWorld.start((yaml) =>
    yaml.replace('clientRegistration: { ', `clientRegistration: { ${CONFIGURED}, `),
  );
  alice = await signedIn(operated.world, 'alice');
  bob = await signedIn(operated.world, 'bob');
  expect(await wrongCalls(operated.world.mcpUrl, [alice, bob])).toEqual([]);
});
afterAll(() => operated.close());

interface Clients {
  readonly clients: readonly { readonly client: string; readonly sessions: number; readonly kind: string }[];
  readonly total: number;
}

describe('gatehouse clients', () => {
  test('lists who registered, who is configured, and where each is called back; never a secret', async () => {
    const answer = await fetch(alice.client.metadata.registration_endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name: 'with a secret',
        redirect_uris: ['https://app.example/callback'],
        token_endpoint_auth_method: 'client_secret_post',
      }),
    });
    const { client_id: clientId, client_secret: secret } = (await answer.json()) as Record<string, string>;
    const { clients, total } = await operated.json<Clients>('clients');
    expect(total).toBe(4);
    expect(clients.find(({ client }) => client === bob.client.clientId)).toEqual({
      client: bob.client.clientId,
      name: 'test client',
      kind: 'registered',
      redirectUris: ['http://127.0.0.1:33418/callback'],
      public: true,
      setAside: false,
      registered: TIME,
      lastUsed: TIME,
      sessions: 1,
      people: 1,
    });
    expect(clients.find(({ client }) => client === clientId)).toMatchObject({
      public: false,
      lastUsed: null,
    });
    expect(clients.find(({ client }) => client === 'intranet')).toMatchObject({
      kind: 'configured',
      redirectUris: ['https://intranet.example/callback'],
      sessions: 0,
    });
    const { stdout } = await operated.run(['clients']);
    expect(stdout).toMatch(/^client +id +kind +called back at +last used \(UTC\) +sessions +people$/m);
    expect(`${JSON.stringify(clients)}${stdout}`).not.toContain(secret);
    const { stdout: few } = await operated.run(['clients', '--limit', '1']);
    expect(few).toContain('more. See all of them: --limit');
  });

  test('remove: the client is unknown, its person is signed out, and nobody else is', async () => {
    const { clientId } = bob.client;
    expect(await operated.json('clients', 'remove', '--', clientId)).toEqual({
      removed: clientId,
      sessionsEnded: 1,
      told: expect.any(Boolean),
    });
    const { world } = operated;
    const status = async () => (await modernRequest(world.mcpUrl, bob.accessToken, 'tools/list')).status;
    await until(async () => (await status()) === 401, 240_000);
    expect((await bob.client.refresh(bob.refreshToken)).error).toBe('invalid_client');
    const approvals = `select from approvals where client_id = '${clientId}'`;
    expect(await inAuthorizationServer(world, approvals)).toEqual([]);
    expect(await wrongCalls(world.mcpUrl, [alice])).toEqual([]);
    // With a new registration its person is back.
    const again = await OAuthClient.register(world.mcpUrl);
    expect(await again.signIn('bob')).toMatchObject({ accessToken: expect.any(String) });
  });

  test('remove: what stands in the configuration stays, and what nobody knows is said', async () => {
    expect(await operated.run(['clients', 'remove', 'intranet'])).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('Take it out of authServer.clientRegistration.clients'),
    });
    expect(await operated.run(['clients', 'remove', 'nobody'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('See which there are: gatehouse clients'),
    });
  });
});

interface Keys {
  readonly published: boolean | null;
  readonly keys: readonly {
    readonly of: string;
    readonly use: string;
    readonly id: string;
    readonly algorithm: string;
    readonly state: string;
    readonly sealed: number | null;
  }[];
}

describe('gatehouse keys', () => {
  const ofUse = ({ keys }: Keys, use: string, of?: string) =>
    keys.filter((key) => key.use === use && (of === undefined || key.of === of));

  test('lists every key by its public facts, without having a key that seals', async () => {
    const listed = await operated.json<Keys>('keys');
    const { issuer } = operated.world;
    const jwks = (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()) as {
      readonly keys: readonly { readonly kid: string }[];
    };
    expect(listed.published).toBe(true);
    expect(ofUse(listed, 'signs tokens')).toMatchObject([
      { id: jwks.keys[0]?.kid, algorithm: 'ES256', state: 'signs', since: TIME },
      { id: jwks.keys[1]?.kid, algorithm: 'RS256', state: 'signs identity tokens', since: TIME },
    ]);
    for (const service of ['authorization-server', 'token-vault']) {
      const [sealing, ...more] = ofUse(listed, 'seals rows', service);
      expect([sealing, more]).toEqual([
        expect.objectContaining({ id: 'demonstration', algorithm: 'AES-256-GCM', state: 'seals' }),
        [],
      ]);
      // Keys of the one, and tokens of the other.
      expect(sealing?.sealed).toBeGreaterThan(2);
    }
    expect(ofUse(listed, 'proves requests')).toMatchObject([{ algorithm: 'HS256', state: 'proves' }]);
    expect(ofUse(listed, 'guards cookies')).toHaveLength(1);
    expect(ofUse(listed, 'seals messages')).toMatchObject([{ state: 'current', since: TIME }]);
    const { stdout } = await operated.run(['keys']);
    expect(stdout).toMatch(
      /^service +use +key +algorithm +state +since \(UTC\) +until \(UTC\) +values +log entries$/m,
    );
    expect(`${stdout}${JSON.stringify(listed)}`).not.toContain(operated.world.nats.requestKey.reveal());
  });

  test('a key that opens what is stored, and that the configuration has not, is missing', async () => {
    const file = await operated.write(
      'next.yaml',
      operated.yaml.replaceAll('{ id: demonstration, env:', '{ id: next, env:'),
    );
    const { code, stdout } = await operated.run(['keys', '--json'], {}, file);
    expect(code).toBe(0);
    const sealing = ofUse(JSON.parse(stdout) as Keys, 'seals rows', 'token-vault');
    expect(sealing).toMatchObject([
      { id: 'next', state: 'seals', sealed: 0, custodyEntries: 0, missing: false },
      { id: 'demonstration', state: 'missing', missing: true },
    ]);
    expect(sealing[1]).toMatchObject({ custodyEntries: expect.any(Number) });
    expect(sealing[1]?.sealed).toBeGreaterThan(2);
  });

  test('where the authorization server is away, the keys that it made are listed all the same', async () => {
    const [server] = operated.world.replicas['authorization-server'];
    const before = ofUse(await operated.json<Keys>('keys'), 'signs tokens').map(({ id }) => id);
    await server?.stop();
    const { code, stdout } = await operated.run(['keys']);
    expect(code).toBe(0);
    for (const id of before) expect(stdout).toContain(id);
    expect((await operated.json<Keys>('keys')).published).toBe(false);
    await server?.start();
  });
});

describe('gatehouse tools', () => {
  test('with a token: what the gateway lists for its caller, each with its backend and credential', async () => {
    const { accessToken } = await signedIn(operated.world, 'alice');
    const typed = ['tools', '--json'];
    const { code, stdout, stderr } = await operated.patiently(typed, { GATEHOUSE_TOKEN: accessToken });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { listed, tools } = JSON.parse(stdout) as { listed: boolean; tools: readonly { tool: string }[] };
    expect(listed).toBe(true);
    expect(tools.find(({ tool }) => tool === 'repos_whoami')).toMatchObject({
      backends: ['repos'],
      strategy: 'upstreamInject',
      credential: 'the person’s own token of octo',
    });
    expect(tools.map(({ tool }) => tool)).not.toContain('repos_*');
    expect(stdout).not.toContain(accessToken);
  });

  test('with a token that is none: refused, and the token is not said', async () => {
    const { code, stdout, stderr } = await operated.run(['tools'], {
      GATEHOUSE_TOKEN: 'not-a-token-of-ours',
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('put an access token that has not ended into GATEHOUSE_TOKEN');
    expect(stderr).not.toContain('not-a-token-of-ours');
  });
});
