import { describe, expect, test } from '@jest/globals';
import { EXTERNAL, gateway, MCP } from './documented-examples.fixture.js';
import { coreObject, loadManifests, manifest, type Fields, type Manifest } from './manifests.fixture.js';

test('AWS guide: a field that the published schema spells otherwise is named, as is what the schema requires', () => {
  const proxy = manifest('MCPRemoteProxy', 'aws', {
    groupRef: { name: 'tools' },
    remoteURL: 'https://aws-mcp.us-east-1.api.aws/mcp',
  });
  expect(loadManifests([...gateway({ incomingAuth: EXTERNAL }), proxy])).toMatchObject({
    ok: false,
    problems: expect.arrayContaining([
      expect.objectContaining({
        path: 'MCPRemoteProxy/aws spec.remoteURL',
        message: 'Unknown field. Did you mean remoteUrl?',
        instead: 'remoteUrl:',
      }),
    ]),
  });
});

test('AWS guide: with an issuer outside, the token of the caller is shown to AWS', () => {
  const loaded = loadManifests([
    ...gateway({ incomingAuth: EXTERNAL }),
    manifest('MCPRemoteProxy', 'aws', {
      groupRef: { name: 'tools' },
      remoteUrl: 'https://aws-mcp.us-east-1.api.aws/mcp',
      externalAuthConfigRef: { name: 'aws-sts' },
    }),
    manifest('MCPExternalAuthConfig', 'aws-sts', {
      type: 'awsSts',
      awsSts: { region: 'us-east-1', fallbackRoleArn: 'arn:aws:iam::111122223333:role/Default' },
    }),
  ]);
  expect(loaded).toMatchObject({
    ok: true,
    warnings: expect.arrayContaining([
      expect.objectContaining({ message: expect.stringContaining('AWS STS is sent it') as unknown }),
    ]) as unknown,
  });
  expect(loaded.ok && loaded.model.outgoingAuth.backends.get('aws')).toMatchObject({
    type: 'awsSts',
    subjectFromCaller: true,
    subjectProviderName: '',
  });
});

describe('AWS STS guide', () => {
  const role = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;
  const guide = (more: Fields = {}): Manifest[] => [
    ...gateway({
      incomingAuth: { type: 'oidc', oidcConfigRef: { name: 'vmcp-oidc', audience: MCP, resourceUrl: MCP } },
      authServerConfig: {
        issuer: 'https://auth.example.com',
        upstreamProviders: [
          {
            name: 'okta',
            type: 'oidc',
            oidcConfig: {
              issuerUrl: 'https://acme.okta.com',
              clientId: 'gatehouse',
              clientSecretRef: { name: 'keys', key: 'okta' },
            },
          },
        ],
      },
    }),
    manifest('MCPRemoteProxy', 'aws', {
      groupRef: { name: 'tools' },
      remoteUrl: 'https://aws-mcp.us-east-1.api.aws/mcp',
      externalAuthConfigRef: { name: 'aws-sts' },
    }),
    manifest('MCPExternalAuthConfig', 'aws-sts', {
      type: 'awsSts',
      awsSts: {
        region: 'us-east-1',
        roleClaim: 'groups',
        fallbackRoleArn: role('Default'),
        roleMappings: [
          { claim: 's3-readers', roleArn: role('S3ReadOnly'), priority: 10 },
          {
            matcher: '"admins" in claims["groups"] && !("contractors" in claims["groups"])',
            roleArn: role('Admin'),
            priority: 5,
          },
        ],
        sessionDuration: 7_200,
        sessionNameClaim: 'email',
        ...more,
      },
    }),
    coreObject('Secret', 'keys', { stringData: { okta: 'a-secret' } }),
  ];

  test('loads: roles by a value and by an expression, the first provider is the subject, and its id_token is shown', () => {
    const loaded = loadManifests(guide());
    expect(loaded).toMatchObject({ ok: true });
    expect(loaded.ok && loaded.model.outgoingAuth.backends.get('aws')).toMatchObject({
      type: 'awsSts',
      region: 'us-east-1',
      service: 'aws-mcp',
      stsUrl: 'https://sts.us-east-1.amazonaws.com',
      sessionDurationMs: 7_200_000,
      sessionNameClaim: 'email',
      roleMappings: [{ claim: 's3-readers' }, { matcher: expect.stringContaining('contractors') as unknown }],
      subjectProviderName: 'okta',
      subjectTokenType: 'id_token',
    });
  });

  test.each([
    [{ sessionDuration: 60 }, 'spec.awsSts.sessionDuration', '15m to 12h'],
    [
      { roleMappings: [{ matcher: 'groups == 1', roleArn: role('A') }] },
      'spec.awsSts.roleMappings[0].matcher',
      'claims.groups',
    ],
    [{ roleMappings: [{ roleArn: role('A') }] }, 'spec.awsSts.roleMappings[0]', 'a claim or a matcher'],
    [{ subjectProviderName: 'github' }, 'spec.awsSts.subjectProviderName', 'Known: okta'],
  ])('%j is refused where it stands', (more, path, message) => {
    expect(loadManifests(guide(more))).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([
        expect.objectContaining({
          path: `MCPExternalAuthConfig/aws-sts ${path}`,
          message: expect.stringContaining(message) as unknown,
        }),
      ]),
    });
  });
});
