import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { awsError, StsEndpoint } from '@gatehouse/testing/sts-endpoint';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { signedIn } from '../support/callers.js';
import { inVault } from '../support/database.js';
import { SignedBackend } from '../support/signed-backend.js';

const SCOPE = { region: 'eu-central-1', service: 'aws-mcp' };
const SIGNED_HEADERS =
  /SignedHeaders=content-length;content-type;host;(mcp-[a-z-]+;)*x-amz-content-sha256;x-amz-date;x-amz-security-token,/;
const role = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;

/** Two replicas of each service before a backend that takes signed requests alone. */
let world: World;
let sts: StsEndpoint;
let backend: SignedBackend;

beforeAll(async () => {
  sts = await new StsEndpoint().start();
  backend = await new SignedBackend(sts, SCOPE).start();
  world = await startWorld({
    replicas: 2,
    configure: (yaml) =>
      yaml
        .replace(
          'scopes: [openid, profile, email, offline_access]',
          'scopes: [openid, profile, email, groups, offline_access]',
        )
        .replace('backends:\n', `backends:\n  - { name: cloud, url: ${backend.mcpUrl} }\n`)
        .replace(
          '  backends:\n',
          `  backends:
    cloud:
      type: awsSts
      awsSts:
        region: ${SCOPE.region}
        stsUrl: ${sts.stsUrl}
        roleMappings:
          - { claim: admins, roleArn: '${role('Admin')}', priority: 1 }
          - { claim: everybody, roleArn: '${role('Reader')}' }
        subjectProviderName: acme-sso
`,
        ),
  });
  const issuer = `http://localhost:${world.portBase + 3}`;
  sts.trusts = { issuer, jwksUrl: `${issuer}/jwks`, audience: 'gatehouse' };
  await world.demonstration.setGroups('bob', ['everybody', 'admins']);
});

beforeEach(() => {
  Object.assign(sts, { instead: undefined });
  Object.assign(backend, { isMoved: false });
  for (const list of [sts.requests, backend.seen, backend.refused]) list.length = 0;
});

afterAll(async () => {
  await world.close();
  await Promise.all([sts, backend].map(async (part) => await part.stop()));
});

const signedSeen = () => backend.seen.filter(({ headers }) => headers.authorization !== undefined);
const call = async (accessToken: string) => await whoAmI(world.mcpUrl, accessToken, 'cloud');

test('each person reaches the backend with a role of their own, every request is signed, and AWS is asked once for each', async () => {
  const people = [await signedIn(world, 'alice'), await signedIn(world, 'bob')];
  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const { login = '', accessToken = '' } = people[index % 2] ?? {};
      const { who, body } = await call(accessToken);
      return { login, subject: who?.subject, error: body.error };
    }),
  );
  for (const { login, subject, error } of answers)
    expect([subject, error]).toEqual([
      `${role(login === 'bob' ? 'Admin' : 'Reader')} acme-${login}`,
      undefined,
    ]);
  expect(sts.requests).toHaveLength(2);
  const seen = signedSeen();
  expect(seen.length).toBeGreaterThanOrEqual(40);
  printFigure(
    `awsSts: 40 calls of 2 persons at 2 replicas, 2 requests to STS, ${seen.length} signed requests`,
  );
  for (const { headers } of seen) {
    expect(headers.authorization).toMatch(SIGNED_HEADERS);
    for (const { accessToken } of people) expect(JSON.stringify(headers)).not.toContain(accessToken);
  }
  const logs = world.logs();
  for (const { secretAccessKey, sessionToken } of sts.issued.values())
    for (const secret of [secretAccessKey, sessionToken]) expect(logs).not.toContain(secret);
  for (const request of sts.requests) expect(logs).not.toContain(request.get('WebIdentityToken'));
  for (const { headers } of seen) expect(logs).not.toContain(headers.authorization);
});

test('a redirect within the backend is signed for where it leads', async () => {
  const { accessToken } = await signedIn(world, 'alice');
  backend.isMoved = true;
  const { who } = await call(accessToken);
  expect(who?.subject).toBe(`${role('Reader')} acme-alice`);
  const moved = signedSeen().filter(({ url }) => url.pathname === '/moved%20to/mcp');
  expect(moved.length).toBeGreaterThan(0);
});

test('credentials that the backend refuses are replaced once, and the call is signed with the new ones', async () => {
  const { accessToken } = await signedIn(world, 'alice');
  await call(accessToken);
  const [first] = [...sts.issued.keys()].slice(-1);
  backend.ended.add(first ?? '');
  // Younger ones are not got anew, however often a backend refuses them.
  expect((await call(accessToken)).who).toBeUndefined();
  await inVault(world, `update exchanged_tokens set obtained_at = now() - interval '1 minute'`);
  expect((await call(accessToken)).who?.subject).toBe(`${role('Reader')} acme-alice`);
});

test('a person without a role is told so', async () => {
  await world.demonstration.setGroups('carol', ['strangers']);
  const { accessToken } = await signedIn(world, 'carol');
  const { body } = await call(accessToken);
  expect(JSON.stringify(body)).toContain(
    'No role at the backend is set up for this person. Provider: acme-sso.',
  );
  expect(JSON.stringify(body)).toContain('(role_missing)');
  expect(sts.requests).toHaveLength(0);
});

test('AWS that is away is named to the caller, and nothing reaches the backend signed', async () => {
  const { accessToken } = await signedIn(world, 'alice');
  sts.instead = awsError(503, 'ServiceUnavailable');
  const answer = await modernRequest(world.mcpUrl, accessToken, 'tools/call', {
    name: 'cloud_whoami',
    arguments: {},
  });
  expect(JSON.stringify(answer.body)).toContain('(exchange_unavailable)');
  expect(signedSeen()).toHaveLength(0);
});
