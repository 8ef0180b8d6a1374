import { describe, expect, test } from '@jest/globals';
import { SECRETS } from '../configuration.fixture.js';
import {
  changed,
  coreObject,
  loadFiles,
  manifest,
  manifests,
  modelOfManifests,
  problemsOfManifests,
  textOf,
  warningsOfManifests,
} from './manifests.fixture.js';
import { nativeDuration } from './translation.js';

const GATEWAY = 'VirtualMCPServer.spec';

test('a VirtualMCPServer with providers, backends of every kind and strategies of every type is the gateway that it describes', () => {
  const model = modelOfManifests(manifests());
  expect(model).toMatchObject({
    name: 'acme',
    publicUrl: 'https://mcp.acme.example',
    resourceUrl: 'https://mcp.acme.example/mcp',
    incomingAuth: { type: 'oidc', oidc: { issuer: 'https://auth.acme.example' } },
    authServer: {
      issuer: 'https://auth.acme.example',
      primaryUpstreamProvider: 'acme-sso',
      upstreamProviders: [
        { name: 'acme-sso', protocol: { type: 'oidc', issuer: 'https://sso.acme.example' } },
        { name: 'octo', protocol: { type: 'oauth2', tokenEndpoint: 'https://octo.example/token' } },
      ],
    },
  });
  expect(model.backends.map(({ name, url }) => [name, url])).toEqual([
    ['repos', 'http://mcp-repos-proxy.tools.svc.cluster.local:8080/mcp'],
    ['tickets', 'https://tickets.acme.example/mcp'],
    ['reports', 'https://reports.acme.example/mcp'],
  ]);
  expect(model.outgoingAuth.backends.get('repos')).toEqual({ type: 'upstreamInject', providerName: 'octo' });
  expect(model.outgoingAuth.backends.get('tickets')).toMatchObject({
    type: 'tokenExchange',
    audience: 'tickets',
    subjectProviderName: 'acme-sso',
  });
  expect(model.outgoingAuth.backends.get('reports')).toMatchObject({
    type: 'headerInjection',
    headerName: 'X-Api-Key',
  });
});

test('both published versions mean the same', () => {
  expect(JSON.stringify(modelOfManifests(manifests('v1alpha1')))).toBe(
    JSON.stringify(modelOfManifests(manifests('v1beta1'))),
  );
});

test('Secrets among the manifests are read, as text and as base64', () => {
  const { authServer, outgoingAuth } = modelOfManifests(manifests());
  expect(authServer?.upstreamProviders[0]?.clientSecret?.secret.reveal()).toBe(SECRETS.ACME_CLIENT_SECRET);
  const reports = outgoingAuth.backends.get('reports');
  expect(reports?.type === 'headerInjection' && reports.headerValue.secret.reveal()).toBe(SECRETS.API_KEY);
});

test('a Secret without the key is a problem at its reference, and says no value', () => {
  const problems = problemsOfManifests(changed('Secret.stringData.octo', undefined));
  expect(problems).toEqual([
    expect.objectContaining({
      document: 'all.yaml',
      path: 'VirtualMCPServer/acme spec.authServerConfig.upstreamProviders[1].oauth2Config.clientSecretRef',
      message: 'The Secret clients has no key octo.',
    }),
  ]);
  expect(JSON.stringify(problems)).not.toContain('value-of');
});

describe('a ConfigMap does not answer for a Secret, nor a Secret for a ConfigMap', () => {
  const attacker = coreObject('ConfigMap', 'clients', { data: { octo: 'chosen-by-somebody-else' } });

  test('one of the same name and key leaves the client secret as it is', () => {
    const { authServer } = modelOfManifests([...manifests(), attacker]);
    expect(authServer?.upstreamProviders[1]?.clientSecret?.secret.reveal()).toBe(SECRETS.OCTO_CLIENT_SECRET);
  });

  test('one with a key that the Secret does not have is not read in its place', () => {
    expect(
      problemsOfManifests([...changed('Secret.stringData.octo', undefined), attacker]).map(
        ({ message }) => message,
      ),
    ).toEqual(['The Secret clients has no key octo.']);
  });

  test('a bundle is read from the ConfigMap, whatever a Secret of its name holds', () => {
    const bundle = { configMapRef: { name: 'clients', key: 'octo' } };
    expect(
      problemsOfManifests([...changed('MCPServerEntry.spec.caBundleRef', bundle), attacker]).map(
        ({ message }) => message,
      ),
    ).toEqual(['The key octo of the ConfigMap clients holds no certificate in PEM form.']);
  });
});

test('a Secret of another namespace is not read', () => {
  const objects = changed('Secret.metadata.namespace', 'elsewhere');
  expect(problemsOfManifests(objects).map(({ message }) => message)).toContain(
    'There is no Secret clients in namespace tools, and none is mounted: Only env references can be read here.',
  );
});

describe('what is wrong is said with its kind, name, path and line, and with what to write', () => {
  test.each([
    [
      'a misspelled field',
      changed(`${GATEWAY}.authServerConfig.isuer`, 'x'),
      'VirtualMCPServer/acme spec.authServerConfig.isuer',
      'Unknown field. Did you mean issuer?',
      'issuer:',
    ],
    [
      'a field of another shape',
      changed(`${GATEWAY}.authServerConfig.baselineClientScopes`, 'openid'),
      'VirtualMCPServer/acme spec.authServerConfig.baselineClientScopes',
      'Expected a list, found a text.',
      undefined,
    ],
    [
      'a value that the schema does not know',
      changed(`${GATEWAY}.incomingAuth.type`, 'oidcc'),
      'VirtualMCPServer/acme spec.incomingAuth.type',
      'Expected one of: anonymous, oidc.',
      'oidc',
    ],
    [
      'a refused field',
      changed(`${GATEWAY}.config.compositeTools`, [{ name: 'x', steps: [{ id: 'a' }] }]),
      'VirtualMCPServer/acme spec.config.compositeTools',
      'Refused: tools made of several calls are not supported.',
      undefined,
    ],
    [
      'a reference to nothing',
      changed(`${GATEWAY}.incomingAuth.oidcConfigRef.name`, 'owm'),
      'VirtualMCPServer/acme spec.incomingAuth.oidcConfigRef.name',
      'There is no MCPOIDCConfig owm in namespace tools.',
      'one of: own',
    ],
    [
      'what a rule of the native form finds (V-04)',
      changed('MCPOIDCConfig.spec.inline.issuer', 'https://other.acme.example'),
      'MCPOIDCConfig/own spec.inline.issuer',
      'This must equal the issuer of authServerConfig, byte for byte.',
      'https://auth.acme.example',
    ],
    [
      'a provider that nothing names (V-02)',
      changed('MCPExternalAuthConfig.spec.upstreamInject.providerName', 'oct'),
      'MCPExternalAuthConfig/as-octo spec.upstreamInject.providerName',
      'There is no provider named oct. Known: acme-sso, octo.',
      'octo',
    ],
    [
      'a version that is not published',
      changed('MCPGroup.apiVersion', 'toolhive.stacklok.dev/v2'),
      'MCPGroup/engineering apiVersion',
      'This version is not known. Known: v1alpha1, v1beta1.',
      'toolhive.stacklok.dev/v1beta1',
    ],
  ])('%s', (_name, objects, path, message, instead) => {
    const found = problemsOfManifests(objects).find((problem) => problem.path === path);
    expect(found).toMatchObject({
      document: 'all.yaml',
      message,
      ...(instead === undefined ? {} : { instead }),
    });
    const field = path.split(/[ .]/).at(-1) ?? '';
    expect(textOf(objects).split('\n')[(found?.line ?? 0) - 1]).toContain(field);
  });
});

test('all problems of all files are reported at once, each with its file', () => {
  const [group, ...others] = manifests();
  const loaded = loadFiles([
    { document: 'a.yaml', text: textOf([{ ...group, spec: { note: 'x' } }]) },
    { document: 'b.yaml', text: textOf(changed(`${GATEWAY}.incomingAuth.kind`, 'x', others)) },
    { document: 'c.yaml', text: 'a: [' },
  ]);
  expect(loaded.ok ? [] : loaded.problems.map(({ document, path }) => `${document} ${path}`)).toEqual([
    'a.yaml MCPGroup/engineering spec.note',
    'b.yaml VirtualMCPServer/acme spec.incomingAuth.kind',
    'c.yaml ',
  ]);
});

test('fields without effect are warnings, one for each reason', () => {
  const objects = changed(`${GATEWAY}.replicas`, 3);
  changed(`${GATEWAY}.outgoingAuth.source`, undefined, objects);
  changed(`${GATEWAY}.serviceType`, 'LoadBalancer', objects);
  const found = warningsOfManifests(objects).filter(({ path }) => path.startsWith('VirtualMCPServer'));
  expect(found.map(({ message }) => message)).toEqual([
    'No effect here (replicas, serviceType): Gatehouse is deployed by its own manifests, not by this object.',
  ]);
});

test('objects that the gateway is not made of are named, and those of other systems are not looked at', () => {
  const more = [
    manifest('MCPServer', 'alone', { image: 'x' }),
    manifest('MCPRegistry', 'all', { anything: true }),
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: { replicas: 'many' } },
  ];
  expect(warningsOfManifests([...manifests(), ...more]).map(({ message }) => message)).toContain(
    'Nothing of this gateway is made of: MCPServer tools/alone, MCPRegistry tools/all.',
  );
});

describe('hostile manifests', () => {
  test('a name such as __proto__ changes no object of this process', () => {
    const text = textOf(manifests()).replace(
      '      tickets:\n',
      '      __proto__:\n        type: discovered\n      tickets:\n',
    );
    const loaded = loadFiles([{ document: 'all.yaml', text }]);
    expect(loaded.ok).toBe(false);
    expect(Reflect.get({}, 'type')).toBeUndefined();
  });

  test('more text than a configuration has is refused', () => {
    const text = `# ${'x'.repeat(1024 * 1024)}\n${textOf(manifests())}`;
    expect(loadFiles([{ document: 'all.yaml', text }])).toMatchObject({
      ok: false,
      problems: [{ message: 'The file is too large.' }],
    });
  });

  test('two objects of one name are an error: neither is silently the one', () => {
    expect(problemsOfManifests([...manifests(), manifests()[7]])).toMatchObject([
      { path: 'MCPRemoteProxy/reports', message: expect.stringContaining('There is another MCPRemoteProxy') },
    ]);
  });
});

test.each([
  ['1h30m0s', '90m'],
  ['168h', '168h'],
  ['90s', '90s'],
  ['1.5h', '90m'],
  ['1500ms', '1500ms'],
  ['0s', '0h'],
  ['7d', '7d'],
  ['soon', 'soon'],
])('the duration %s is %s', (written, native) => {
  expect(nativeDuration(written)).toBe(native);
});
