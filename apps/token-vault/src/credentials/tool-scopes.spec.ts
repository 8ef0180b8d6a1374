import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { credentialExchange, MAX_TOOL_LENGTH } from '@gatehouse/contracts/token-vault/credential-exchange';
import { Secret } from '@gatehouse/kernel/secret';
import { printFigure } from '@gatehouse/testing/figures';
import { AssertingIdp, AssertionTarget } from '@gatehouse/testing/id-jag-pair';
import { OboEndpoint } from '@gatehouse/testing/obo-endpoint';
import { StubProvider } from '../testing/stub-provider.js';
import { clientCredentials, obo, tokenExchange, xaa } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

const TOOL_SCOPES = [
  { tools: ['write_*', 'purge'], scopes: ['tickets:write'] },
  { tools: ['purge'], scopes: ['tickets:purge'] },
] as const;
const SCOPED = { scopes: ['tickets:read'], toolScopes: TOOL_SCOPES };

let world: VaultWorld;
let sts: StubProvider;
let entra: OboEndpoint;
let idp: AssertingIdp;
let target: AssertionTarget;

const partyOf = ({ tokenUrl, clientId, clientSecret }: AssertingIdp | AssertionTarget) => ({
  tokenUrl,
  clientId,
  clientSecret: new Secret(clientSecret),
  tokenEndpointAuthMethod: 'client_secret_basic' as const,
});

beforeAll(async () => {
  sts = await new StubProvider().start();
  entra = await new OboEndpoint().start();
  idp = await new AssertingIdp().start();
  target = await new AssertionTarget(idp).start();
  world = await startVaultWorld({
    replicas: 2,
    backends: {
      'token-exchange': tokenExchange(sts.issuer, { subjectProviderName: 'acme', ...SCOPED }),
      'client-credentials': clientCredentials(sts.issuer, { audience: 'tickets', ...SCOPED }),
      obo: obo(entra.tokenUrl, SCOPED),
      xaa: xaa(partyOf(idp), partyOf(target), { targetAudience: target.origin, ...SCOPED }),
      // The same settings for two backends, with and without.
      plain: tokenExchange(sts.issuer, { subjectProviderName: 'acme', scopes: ['tickets:read'] }),
    },
  });
  entra.userInfoUrl = `${world.stub.issuer}/userinfo`;
  idp.trusts = { issuer: world.stub.issuer, jwksUrl: `${world.stub.issuer}/jwks` };
});

beforeEach(async () => {
  world.stub.reset();
  sts.reset();
  for (const { requests } of [entra, idp, target]) requests.length = 0;
  await world.rows.query({ name: 'forget-issued', text: 'delete from exchanged_tokens' });
});

afterAll(async () => {
  await world.close();
  await Promise.all([sts, entra, idp, target].map(async (part) => await part.stop()));
});

/** `scope` of each request that an endpoint was sent for the strategy since the last reset. */
const askedOf = {
  'token-exchange': () => sts.exchangeRequests,
  'client-credentials': () => sts.exchangeRequests,
  obo: () => entra.requests,
  xaa: () => idp.requests,
} as const;
type Strategy = keyof typeof askedOf;
const STRATEGIES = Object.keys(askedOf) as Strategy[];
const scopesAsked = (strategy: Strategy): readonly string[] =>
  askedOf[strategy]()
    .map((form) => form.get('scope') ?? '')
    .sort();

const ALL = ['tickets:read', 'tickets:read tickets:purge tickets:write', 'tickets:read tickets:write'];

test.each(STRATEGIES)(
  'attack: a token with scopes of a tool is given for no other tool (%s, two persons, two replicas)',
  async (strategy) => {
    const people = [
      await world.client.signIn({ acme: world.as('alice') }),
      await world.client.signIn({ acme: world.as('bob') }),
    ];
    const tools = [undefined, 'read', 'write_one', 'write_two', 'purge', 'rewrite_one'];
    const given = new Map<string, Set<string>>();
    // Each question five times, at once, at whichever replica.
    await Promise.all(
      people.flatMap(({ tsid }, person) =>
        tools.flatMap((tool) =>
          Array.from({ length: 5 }, async () => {
            const options = tool === undefined ? {} : { tool };
            const { accessToken } = await world.client.exchange(tsid, strategy, options);
            const key = `${strategy === 'client-credentials' ? 0 : person} ${tool ?? ''}`;
            given.set(key, new Set([...(given.get(key) ?? []), accessToken]));
          }),
        ),
      ),
    );
    const persons = strategy === 'client-credentials' ? [0] : [0, 1];
    const seen = new Set<string>();
    for (const person of persons) {
      const [base, read, one, two, purge, other] = tools.map((tool) => [
        ...(given.get(`${person} ${tool ?? ''}`) ?? []),
      ]);
      // Tokens for all calls without scopes of their own, for those that write, and for the tool of two entries. There is one of each,
      // unless a machine stands still for longer than a lease: then another replica makes a second one.
      const kinds = [[base, read, other], [one, two], [purge]].map((tools) => new Set(tools.flat()));
      for (const tokens of kinds)
        for (const token of tokens) {
          expect(seen).not.toContain(token);
          seen.add(token ?? '');
        }
      expect(kinds.map(({ size }) => size > 0)).toEqual([true, true, true]);
    }
    expect(seen.size).toBeLessThanOrEqual(askedOf[strategy]().length);
    expect([...new Set(scopesAsked(strategy))].sort()).toEqual([...ALL].sort());
    printFigure(
      `${strategy}: ${people.length * tools.length * 5} questions for ${tools.length} tools, ${askedOf[strategy]().length} requests, ${seen.size} tokens`,
    );
  },
);

test('a refused token of a tool is replaced for that tool alone', async () => {
  const { tsid } = await world.client.signIn({ acme: world.as('alice') });
  const base = await world.client.exchange(tsid, 'token-exchange');
  const write = await world.client.exchange(tsid, 'token-exchange', { tool: 'write_one' });
  await world.rows.query({
    name: 'age-issued',
    text: `update exchanged_tokens set obtained_at = now() - interval '1 minute'`,
  });
  const { accessToken: refused } = write;
  const again = await world.client.exchange(tsid, 'token-exchange', { tool: 'write_two', refused });
  expect(again.accessToken).not.toBe(refused);
  expect((await world.client.exchange(tsid, 'token-exchange')).accessToken).toBe(base.accessToken);
  expect(scopesAsked('token-exchange')).toEqual([
    'tickets:read',
    'tickets:read tickets:write',
    'tickets:read tickets:write',
  ]);
});

test('a backend without scopes of tools gives its one token, whatever tool is named', async () => {
  const { tsid } = await world.client.signIn({ acme: world.as('alice') });
  const tokens = [
    await world.client.exchange(tsid, 'plain', { tool: 'purge' }),
    await world.client.exchange(tsid, 'plain'),
  ].map(({ accessToken }) => accessToken);
  expect([new Set(tokens).size, scopesAsked('token-exchange')]).toEqual([1, ['tickets:read']]);
});

test('attack: a name of a tool that never ends is refused before anything is looked at', () => {
  const tool = 'w'.repeat(MAX_TOOL_LENGTH + 1);
  expect(credentialExchange.request.shape.tool.safeParse(tool).success).toBe(false);
});
