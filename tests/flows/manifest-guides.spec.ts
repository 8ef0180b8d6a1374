import { EntraTenant } from '@gatehouse/testing/entra-tenant';
import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient } from '@gatehouse/testing/oauth-client';
import { StsEndpoint } from '@gatehouse/testing/sts-endpoint';
import type { World } from '@gatehouse/testing/world';
import { afterEach, expect, test } from '@jest/globals';
import { externalIssuer } from '../support/examples/external-issuer.js';
import { startManifests } from '../support/examples/from-toolhive.js';
import { SignedBackend } from '../support/signed-backend.js';
import { TokenBackend } from '../support/token-backend.js';

/** Manifests of the seed system's guides whose providers are not those of the demonstration. Each is run at two replicas, with two people. */
const REPLICAS = 2;

let world: World | undefined;
const others: { stop(): Promise<void> }[] = [];
const beside = <T extends { stop(): Promise<void> }>(part: T): T => {
  others.push(part);
  return part;
};
afterEach(async () => {
  await world?.close();
  world = undefined;
  await Promise.all(others.splice(0).map(async (part) => await part.stop()));
});

/** At an issuer of somebody else: the client registers there, and the person signs in there. */
async function signedInOutside({ mcpUrl }: World, login: string): Promise<string> {
  const client = await OAuthClient.register(mcpUrl);
  const request = client.authorizationRequest({ scope: 'mcp' });
  const answer = await client.authorize(login, newBrowser(), request);
  const { access_token: token } = await client.redeem(answer.get('code') ?? '', request.codeVerifier);
  if (token === undefined) throw new Error(`${login} got no token`);
  return token;
}

const toolsOf = async ({ mcpUrl }: World, accessToken: string): Promise<readonly string[]> => {
  const { body } = await modernRequest(mcpUrl, accessToken, 'tools/list');
  return ((body.result?.['tools'] ?? []) as readonly { name: string }[]).map(({ name }) => name).toSorted();
};

test('aws-sts: callers of an issuer outside reach AWS in the roles of their groups, with signed requests; their tokens reach AWS STS alone', async () => {
  const role = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;
  const audience = 'toolhive-aws-proxy';
  const roles = {
    alice: 'S3ReadOnlyMCPRole',
    bob: 'AdminMCPRole',
    carol: 'DefaultMCPRole',
    dave: 'S3ReadOnlyMCPRole',
  };
  const issuer = beside(
    await externalIssuer([], {
      audience,
      groups: {
        alice: ['s3-readers'],
        bob: ['admins', 's3-readers'],
        carol: ['everybody'],
        dave: ['contractors', 'admins', 's3-readers'],
      },
    }),
  );
  const sts = beside(await new StsEndpoint().start());
  sts.trusts = { issuer: issuer.issuer, jwksUrl: `${issuer.issuer}/jwks`, audience };
  const aws = beside(await new SignedBackend(sts, { region: 'us-east-1', service: 'aws-mcp' }).start());
  world = await startManifests('aws-sts', {
    namespace: 'toolhive-system',
    replicas: REPLICAS,
    further: [
      ['https://login.example.com', issuer.issuer],
      ['https://aws-mcp.us-east-1.api.aws/mcp', aws.mcpUrl],
    ],
    // The region says where STS is. Nothing here goes there.
    beside: `outgoingAuth: { backends: { aws-mcp-proxy: { awsSts: { stsUrl: '${sts.stsUrl}' } } } }\n`,
  });
  const people = [];
  for (const [login, name] of Object.entries(roles))
    people.push({ login, name, token: await signedInOutside(world, login) });
  for (let time = 0; time < 2 * REPLICAS; time += 1)
    for (const { login, name, token } of people)
      expect((await whoAmI(world.mcpUrl, token, 'aws-mcp-proxy')).who?.subject).toBe(
        `${role(name)} ${login}`,
      );
  expect(sts.requests.map((request) => request.get('WebIdentityToken')).toSorted()).toEqual(
    people.map(({ token }) => token).toSorted(),
  );
  // A token of the same person with which another client came is shown to AWS itself.
  const again = await signedInOutside(world, 'alice');
  expect((await whoAmI(world.mcpUrl, again, 'aws-mcp-proxy')).who?.subject).toBe(
    `${role(roles.alice)} alice`,
  );
  expect(sts.requests.at(-1)?.get('WebIdentityToken')).toBe(again);
  const arrived = JSON.stringify(aws.seen.map(({ headers, body }) => [headers, body]));
  const logs = world.logs();
  for (const token of [...people.map((person) => person.token), again]) {
    expect(arrived).not.toContain(token);
    expect(logs).not.toContain(token);
  }
  printFigure(
    `manifests, aws-sts: ${people.length} people at ${REPLICAS} replicas in ${new Set(Object.values(roles)).size} roles, ${sts.requests.length} requests to STS, ${2 * REPLICAS * people.length + 1} calls right`,
  );
});

test('entra: app roles of the sign-in decide, one backend gets a token on behalf of each person, another the token of the sign-in', async () => {
  const entra = beside(await new EntraTenant().start());
  entra.roles = { alice: ['mcp-developers'], bob: ['mcp-admin'] };
  const backend = async (loginOf: (token: string) => string | undefined): Promise<TokenBackend> =>
    beside(
      await new TokenBackend(async (token) => {
        const login = loginOf(token);
        if (login === undefined) throw new Error('not for this backend');
        return await Promise.resolve(login);
      }).start(),
    );
  const directory = await backend((token) => entra.subjectOf(token));
  const cluster = await backend((token) =>
    token.startsWith('signed-in-') ? entra.signInBehind(token, undefined)?.login : undefined,
  );
  world = await startManifests('entra', {
    namespace: 'default',
    replicas: REPLICAS,
    further: [
      ['https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0', entra.issuer],
      ['tenantId: 11111111-2222-3333-4444-555555555555', `tenantId: tenant\n    authority: ${entra.origin}`],
      ['https://directory.example.com/mcp', directory.mcpUrl],
      ['https://cluster.example.com/mcp', cluster.mcpUrl],
    ],
  });
  const signIn = async (login: string): Promise<string> => {
    entra.login = login;
    return (await (await OAuthClient.register(world?.mcpUrl ?? '')).signIn(login)).accessToken;
  };
  const people = { alice: await signIn('alice'), bob: await signIn('bob'), carol: await signIn('carol') };
  const may = { alice: ['directory'], bob: ['cluster', 'directory'], carol: [] };
  let right = 0;
  for (let time = 0; time < REPLICAS; time += 1)
    for (const login of ['alice', 'bob', 'carol'] as const) {
      const names: readonly string[] = may[login];
      expect(await toolsOf(world, people[login])).toEqual(names.map((name) => `${name}_whoami`));
      for (const name of ['directory', 'cluster']) {
        const { who } = await whoAmI(world.mcpUrl, people[login], name);
        expect([login, name, who?.subject]).toEqual([login, name, names.includes(name) ? login : undefined]);
        right += 1;
      }
    }
  const asked = entra.authorizations.at(-1)?.get('scope')?.split(' ').toSorted();
  expect(asked).toEqual(['api://my-entra-client/mcp.access', 'email', 'offline_access', 'openid', 'profile']);
  for (const header of [...directory.seen, ...cluster.seen].filter((one) => one !== ''))
    expect(world.logs()).not.toContain(header.replace('Bearer ', ''));
  printFigure(
    `manifests, entra: 3 people at ${REPLICAS} replicas, ${right} calls allowed and refused as their app roles say`,
  );
});

test('external-issuer: the authentication guide: callers of an issuer outside, one shared policy, a key for one backend', async () => {
  const issuer = beside(
    await externalIssuer([], { audience: 'vmcp', groups: { alice: ['platform'], bob: ['readers'] } }),
  );
  world = await startManifests('external-issuer', {
    namespace: 'toolhive-system',
    replicas: REPLICAS,
    further: [['https://login.example.com', issuer.issuer]],
  });
  const [alice, bob, carol] = [
    await signedInOutside(world, 'alice'),
    await signedInOutside(world, 'bob'),
    await signedInOutside(world, 'carol'),
  ];
  expect(await toolsOf(world, bob)).toEqual(['status_whoami']);
  expect(await toolsOf(world, carol)).toEqual([]);
  for (let time = 0; time < REPLICAS; time += 1) {
    expect((await whoAmI(world.mcpUrl, alice, 'reports')).who).toMatchObject({ credential: 'api-key' });
    expect((await whoAmI(world.mcpUrl, alice, 'status')).who).toMatchObject({
      credential: 'none',
      unexpected: [],
    });
    expect((await whoAmI(world.mcpUrl, bob, 'status')).who).toMatchObject({
      credential: 'none',
      unexpected: [],
    });
    for (const [token, name] of [
      [bob, 'reports'],
      [carol, 'status'],
    ] as const)
      expect((await whoAmI(world.mcpUrl, token, name)).who).toBeUndefined();
  }
  printFigure(
    `manifests, external-issuer: 3 people at ${REPLICAS} replicas, ${5 * REPLICAS} calls allowed and refused as the shared policy says`,
  );
});
