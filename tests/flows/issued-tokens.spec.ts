import { GoogleTokenEndpoint } from '@gatehouse/testing/google-token-endpoint';
import { AssertingIdp, AssertionTarget } from '@gatehouse/testing/id-jag-pair';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { ResourceIssuer } from '@gatehouse/testing/resource-issuer';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn } from '../support/callers.js';
import { TokenBackend } from '../support/token-backend.js';

const REPORTS = 'https://billing.example/';
const SECRET = 'secret-of-by-body';
const ACCOUNT = 'reader@acme.iam.gserviceaccount.com';
const DRIVE = 'https://www.googleapis.com/auth/drive.readonly';

/** Two replicas of each service before backends whose tokens other servers issue. */
let world: World;
let issuer: ResourceIssuer;
let billing: TokenBackend;
let idp: AssertingIdp;
let target: AssertionTarget;
let tickets: TokenBackend;
let google: GoogleTokenEndpoint;
let files: TokenBackend;

beforeAll(async () => {
  issuer = await new ResourceIssuer().start({ [REPORTS]: 'billing:read' });
  billing = await new TokenBackend(async (token) => {
    const { sub = '', scope } = await issuer.claimsOf(token, REPORTS);
    return `${sub} ${String(scope)}`;
  }).start();
  idp = await new AssertingIdp().start();
  target = await new AssertionTarget(idp).start();
  tickets = await new TokenBackend(async (token) => (await target.claimsOf(token)).sub ?? '').start();
  google = await new GoogleTokenEndpoint().start();
  files = await new TokenBackend((token) => {
    const { email = '', scope = '' } = google.introspect(token) ?? {};
    return Promise.resolve(`${email} ${scope}`);
  }).start();
  world = await startWorld({
    replicas: 2,
    environment: {
      'token-vault': {
        BILLING_SECRET: SECRET,
        IDP_SECRET: idp.clientSecret,
        TARGET_SECRET: target.clientSecret,
        GOOGLE_KEY: google.accountKey(ACCOUNT),
      },
    },
    configure: (yaml) =>
      yaml
        .replace(
          'backends:\n',
          `backends:\n  - { name: billing, url: ${billing.mcpUrl} }\n  - { name: issues, url: ${tickets.mcpUrl} }\n  - { name: files, url: ${files.mcpUrl} }\n`,
        )
        .replace(
          '  backends:\n',
          `  backends:
    billing:
      type: clientCredentials
      clientCredentials:
        tokenUrl: ${issuer.tokenUrl}
        clientId: by-body
        clientSecret: { env: BILLING_SECRET }
        tokenEndpointAuthMethod: client_secret_post
        resource: ${REPORTS}
        scopes: ['billing:read']
    files:
      type: googleServiceAccount
      googleServiceAccount:
        serviceAccountKey: { env: GOOGLE_KEY }
        tokenUrl: ${google.tokenUrl}
        scopes: ['${DRIVE}']
    issues:
      type: xaa
      xaa:
        idpTokenUrl: ${idp.tokenUrl}
        idpClientId: ${idp.clientId}
        idpClientSecret: { env: IDP_SECRET }
        targetTokenUrl: ${target.tokenUrl}
        targetClientId: ${target.clientId}
        targetClientSecret: { env: TARGET_SECRET }
        targetAudience: ${target.origin}
        targetResource: ${tickets.mcpUrl}
        subjectProviderName: acme-sso
`,
        ),
  });
  const issuerOfPeople = `http://localhost:${world.portBase + 3}`;
  idp.trusts = { issuer: issuerOfPeople, jwksUrl: `${issuerOfPeople}/jwks` };
});

afterAll(async () => {
  await world.close();
  await Promise.all(
    [issuer, billing, idp, target, tickets, google, files].map(async (part) => await part.stop()),
  );
});

test('clientCredentials: both persons reach the backend as the gateway, with one token, and nothing of theirs', async () => {
  const people = [await signedIn(world, 'alice'), await signedIn(world, 'bob')];
  for (const { accessToken } of people)
    for (let call = 0; call < 3; call += 1) {
      const { who, body } = await whoAmI(world.mcpUrl, accessToken, 'billing');
      expect([who?.subject, body.error]).toEqual(['by-body billing:read', undefined]);
    }
  expect(issuer.requests).toHaveLength(1);
  expect(new Set(billing.seen.filter((header) => header !== '')).size).toBe(1);
  for (const { accessToken } of people) expect(billing.seen.join(' ')).not.toContain(accessToken);
  expect(world.logs()).not.toContain(SECRET);
  expect(world.logs()).not.toContain(billing.seen.at(-1)?.replace('Bearer ', ''));
});

test('googleServiceAccount: both persons reach the backend as the account, with one token, and nothing of theirs', async () => {
  const people = [await signedIn(world, 'alice'), await signedIn(world, 'bob')];
  for (const { accessToken } of people)
    for (let call = 0; call < 3; call += 1) {
      const { who, body } = await whoAmI(world.mcpUrl, accessToken, 'files');
      expect([who?.subject, body.error]).toEqual([`${ACCOUNT} ${DRIVE}`, undefined]);
    }
  expect(google.requests).toHaveLength(1);
  expect(new Set(files.seen.filter((header) => header !== '')).size).toBe(1);
  for (const { accessToken } of people) expect(files.seen.join(' ')).not.toContain(accessToken);
  expect(world.logs()).not.toContain(google.requests[0]?.get('assertion') ?? '');
  expect(world.logs()).not.toContain(files.seen.at(-1)?.replace('Bearer ', ''));
});

test('xaa: each person reaches the backend as themselves, and is asked to connect when the provider wants to see them', async () => {
  const [alice, bob] = [await signedIn(world, 'alice'), await signedIn(world, 'bob')];
  for (const [login, { accessToken }] of [
    ['alice', alice],
    ['bob', bob],
  ] as const)
    for (let call = 0; call < 3; call += 1) {
      const { who, body } = await whoAmI(world.mcpUrl, accessToken, 'issues');
      expect([who?.subject, body.error]).toEqual([`acme-${login}`, undefined]);
    }
  expect([idp.requests.length, target.requests.length]).toEqual([2, 2]);
  expect(new Set(tickets.seen.filter((header) => header !== '')).size).toBe(2);

  idp.instead = [400, { error: 'interaction_required' }];
  const carol = await signedIn(world, 'carol');
  const answer = await modernRequest(
    world.mcpUrl,
    carol.accessToken,
    'tools/call',
    { name: 'issues_whoami', arguments: {} },
    { elicitation: { url: {} } },
  );
  expect(JSON.stringify(answer.body)).toContain(`${world.issuer}/connect/acme-sso`);
  for (const secret of [idp.clientSecret, target.clientSecret, tickets.seen.at(-1)?.replace('Bearer ', '')])
    expect(world.logs()).not.toContain(secret);
});
