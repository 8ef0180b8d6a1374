import { describe, expect, test } from '@jest/globals';
import { explain } from './explain.js';
import { parseConfiguration } from './load.js';

const YAML = `
name: acme
publicUrl: https://mcp.acme.example
authServer:
  issuer: https://auth.acme.example
  keyEncryptionKeys: [{ id: a, env: A }]
  signingKeys: [{ file: /run/secrets/signing.pem }, { env: OLD_SIGNING_KEY }]
  upstreamProviders:
    - { name: sso, type: oidc, oidcConfig: { issuerUrl: https://sso.example, clientId: g, clientSecret: { env: S } } }
    - { name: hr, type: oidc, oidcConfig: { issuerUrl: http://localhost:4486, clientId: g, clientSecret: { env: S } } }
bridge: { secret: { env: BRIDGE_SECRET } }
egress: { proxy: { url: http://proxy.example:3128, noProxy: [internal.example] } }
backends:
  - { name: acted, url: https://acted.example/mcp }
  - { name: itself, url: https://itself.example/mcp }
  - { name: own, url: https://own.example/mcp }
  - { name: entra, url: https://entra.example/mcp }
  - { name: cross, url: https://cross.example/mcp }
  - { name: keyed, url: https://keyed.example/mcp }
  - { name: fixed, url: http://localhost:4489/mcp }
  - { name: machine, url: https://machine.example/mcp }
  - { name: google, url: https://google.example/mcp }
  - { name: run, url: https://run.example/mcp }
  - { name: cloud, url: https://aws-mcp.eu-central-1.api.aws/mcp }
  - { name: files, command: [node, /srv/files.js], secretEnv: { INDEX_KEY: { env: INDEX } } }
outgoingAuth:
  backends:
    acted:
      type: tokenExchange
      tokenExchange: { tokenUrl: https://sts.example/token, clientId: g, clientSecret: { env: S }, audience: a, subjectProviderName: sso, actorProviderName: hr }
    itself:
      type: tokenExchange
      tokenExchange: { tokenUrl: https://sts.example/token, clientId: g, clientSecret: { env: S }, audience: a, subjectProviderName: sso, actorClientCredentials: {} }
    own:
      type: upstreamInject
      upstreamInject: { providerName: sso, headerName: X-Token, scheme: '', allowedHosts: [own.example] }
    entra:
      type: obo
      obo: { tokenUrl: https://login.example/token, clientId: g, clientSecret: { env: OBO }, scopes: [api://x/Read], subjectTokenProviderName: sso }
    cross:
      type: xaa
      xaa: { idpTokenUrl: https://sso.example/token, idpClientId: g, idpClientSecret: { env: IDP }, targetTokenUrl: https://auth.cross.example/token, targetClientId: g, targetClientSecret: { env: TARGET }, targetAudience: https://auth.cross.example, subjectProviderName: sso }
    keyed:
      type: headerInjection
      headerInjection: { headerName: X-Key, scheme: Token, perUser: { name: jira, label: Jira API token } }
    fixed:
      type: headerInjection
      headerInjection: { headerName: Authorization, scheme: Bearer, headerValue: { env: FIXED } }
    machine:
      type: clientCredentials
      clientCredentials: { tokenUrl: https://sts.example/token, clientId: machine, clientSecret: { env: S } }
    google:
      type: googleServiceAccount
      googleServiceAccount: { serviceAccountKey: { env: G }, scopes: ['https://www.googleapis.com/auth/drive.readonly'] }
    run:
      type: googleServiceAccount
      googleServiceAccount: { serviceAccountKey: { env: G }, audience: https://run.example }
    cloud:
      type: awsSts
      awsSts: { region: eu-central-1, service: aws-mcp, subjectProviderName: sso, fallbackRoleArn: 'arn:aws:iam::111122223333:role/Everybody' }
vault: { keyEncryptionKeys: [{ id: v, env: V }] }
postgres: { authorizationServer: { url: { env: AS } }, tokenVault: { url: { env: TV }, ownerUrl: { env: OWNER } } }
nats: { servers: ['nats://localhost:4222'] }
`;

function explained(text = YAML): ReadonlyMap<string, { readonly value: string; readonly because: string }> {
  const document = '/somewhere/gatehouse.yaml';
  const loaded = parseConfiguration(
    { document, text },
    { part: 'none', readSecret: () => ({ ok: true, value: '' }) },
  );
  if (!loaded.ok)
    throw new Error(loaded.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return new Map(explain(loaded.model).map(({ path, ...rest }) => [path, rest]));
}

describe('what follows from a configuration is told', () => {
  const facts = explained();

  test.each([
    [
      'acted',
      'token exchanged at https://sts.example for the access_token of sso, with the access_token of hr as the actor’s',
    ],
    [
      'itself',
      'token exchanged at https://sts.example for the access_token of sso, with a token of the gateway itself as the actor’s',
    ],
    ['own', 'access token of sso as X-Token, only to own.example'],
    ['entra', 'token of https://login.example on behalf of the person, for the access token of sso'],
    [
      'cross',
      'token of https://auth.cross.example for the id_token of sso, by an assertion of https://sso.example',
    ],
    ['keyed', '“Jira API token” of each person as X-Key: Token …, entered on the connections page'],
    ['fixed', 'header Authorization from env FIXED behind Bearer, the same for everybody'],
    ['machine', 'token of the gateway itself from https://sts.example, the same for everybody'],
    ['google', 'access token of a Google service account, the same for everybody'],
    ['run', 'id_token for https://run.example of a Google service account, the same for everybody'],
    [
      'cloud',
      'requests signed with temporary credentials of AWS from https://sts.eu-central-1.amazonaws.com, for the id_token of sso',
    ],
    ['files', 'no credential'],
  ])('%s pays with: %s', (backend, value) => {
    expect(facts.get(`backends.${backend}`)?.value).toBe(value);
  });

  test.each([
    ['authServer.signingKeys', '2 written', 'the first signs, all are published'],
    ['authServer.primaryUpstreamProvider', 'sso', 'decides who the person is'],
    ['backends.files', 'no credential', 'outgoingAuth.default, since no strategy names it'],
    [
      'backends.files.url',
      'http://127.0.0.1:4493/files/mcp',
      'gatehouse bridge runs its program there, for the proxy alone',
    ],
    ['backends.fixed.egress', 'private addresses, http', 'on localhost, or its opt-outs are written'],
    [
      'egress.proxy (https)',
      'http://proxy.example:3128',
      'every https request of the services leaves through it, except to: internal.example',
    ],
  ])('%s is %s: %s', (path, value, because) => {
    expect(facts.get(path)).toEqual({ value, because });
  });

  test.each([
    ['authServer.signingKeys[0]', 'file /run/secrets/signing.pem', 'read by authorization-server'],
    ['outgoingAuth.backends.cross.idpClientSecret', 'env IDP', 'read by token-vault'],
    ['outgoingAuth.backends.cross.targetClientSecret', 'env TARGET', 'read by token-vault'],
    ['outgoingAuth.backends.google.serviceAccountKey', 'env G', 'read by token-vault'],
    ['backends.files.secretEnv.INDEX_KEY', 'env INDEX', 'read by bridge'],
    ['bridge.secret', 'env BRIDGE_SECRET', 'read by vmcp-proxy, bridge'],
    ['postgres.tokenVault.ownerUrl', 'env OWNER', 'read by the command line alone'],
  ])('the secret %s is named, never shown: %s', (path, value, because) => {
    expect(facts.get(path)).toEqual({ value, because });
  });
});

test('where nobody has to sign in, that is told as what it is', () => {
  const facts = explained(`
name: open
publicUrl: http://localhost:4483
incomingAuth: { type: anonymous }
bridge: { allowWithoutSecret: true }
backends: [{ name: files, command: [node, /srv/files.js] }]
vault: { keyEncryptionKeys: [{ id: v, env: V }] }
postgres: { tokenVault: { url: { env: TV } } }
nats: { servers: ['nats://localhost:4222'] }
`);
  expect(facts.get('incomingAuth')).toEqual({
    value: 'anonymous',
    because: 'everybody is the same person: development only',
  });
  expect(facts.get('backends.files.url')?.because).toBe(
    'gatehouse bridge runs its program there, for everybody on that machine',
  );
  expect([...facts.keys()].some((path) => path.startsWith('authServer'))).toBe(false);
});
