import { describe, expect, test } from '@jest/globals';
import { coreObject, loadManifests, manifest, type Fields, type Manifest } from './manifests.fixture.js';

/** Manifests of the shapes that the seed system's guides show. Five are run: tests/flows/manifests.spec.ts, manifest-guides.spec.ts. */
const gateway = (spec: Fields): Manifest[] => [
  manifest('MCPGroup', 'tools'),
  manifest('MCPOIDCConfig', 'vmcp-oidc', {
    type: 'inline',
    inline: { issuer: 'https://auth.example.com', clientId: 'vmcp' },
  }),
  manifest('VirtualMCPServer', 'vmcp', { groupRef: { name: 'tools' }, ...spec }),
];

const entry = (name: string, more: Fields = {}): Manifest =>
  manifest('MCPServerEntry', name, {
    groupRef: { name: 'tools' },
    remoteUrl: `https://${name}.example.com/mcp`,
    transport: 'streamable-http',
    ...more,
  });

const MCP = 'https://mcp.example.com/mcp';
const EXTERNAL = { type: 'oidc', oidcConfigRef: { name: 'vmcp-oidc', audience: MCP, resourceUrl: MCP } };

describe('authentication guide', () => {
  test('an issuer of somebody else, a key for everybody, and a shared policy', () => {
    const loaded = loadManifests([
      ...gateway({
        incomingAuth: { ...EXTERNAL, authzConfigRef: { name: 'shared' } },
        outgoingAuth: {
          source: 'inline',
          backends: { api: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'key' } } },
        },
      }),
      entry('api'),
      manifest('MCPAuthzConfig', 'shared', {
        type: 'cedarv1',
        config: {
          policies: ['permit(principal, action == Action::"call_tool", resource == Tool::"api_search");'],
        },
      }),
      manifest('MCPExternalAuthConfig', 'key', {
        type: 'headerInjection',
        headerInjection: { headerName: 'X-API-Key', valueSecretRef: { name: 'api-key', key: 'value' } },
      }),
      coreObject('Secret', 'api-key', { stringData: { value: 'a-key' } }),
    ]);
    expect(loaded).toMatchObject({
      ok: true,
      model: {
        incomingAuth: { oidc: { issuer: 'https://auth.example.com', audience: MCP, scopes: [] } },
        callPolicies: expect.anything(),
      },
    });
    expect(loaded.ok && loaded.model.authServer).toBeUndefined();
    expect(loaded.ok && loaded.model.outgoingAuth.backends.get('api')).toMatchObject({
      headerName: 'X-API-Key',
    });
  });

  test('an issuer of somebody else whose tokens are exchanged: no provider is named, and the caller’s own token is the subject', () => {
    const exchange = (more: Fields = {}): Manifest[] => [
      ...gateway({
        incomingAuth: EXTERNAL,
        outgoingAuth: {
          source: 'inline',
          backends: { api: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'exchange' } } },
        },
      }),
      entry('api'),
      manifest('MCPExternalAuthConfig', 'exchange', {
        type: 'tokenExchange',
        tokenExchange: { tokenUrl: 'https://sts.example.com/token', audience: 'api', ...more },
      }),
    ];
    const loaded = loadManifests(exchange());
    expect(loaded).toMatchObject({
      ok: true,
      warnings: expect.arrayContaining([
        expect.objectContaining({
          path: expect.stringContaining('spec.tokenExchange.subjectProviderName'),
          message: expect.stringContaining('own token of the external issuer is the subject'),
        }),
      ]),
    });
    expect(loaded.ok && loaded.model.outgoingAuth.backends.get('api')).toMatchObject({
      type: 'tokenExchange',
      subjectFromCaller: true,
    });
    expect(loadManifests(exchange({ subjectProviderName: 'okta' }))).toMatchObject({ ok: false });
  });

  test('groups: without a name of a claim, those that the seed system looks at, in its order', () => {
    const policies = ['permit(principal in THVGroup::"platform", action, resource);'];
    const loaded = (named: Fields, more: Fields = {}) =>
      loadManifests([
        ...gateway({
          incomingAuth: { ...EXTERNAL, authzConfig: { type: 'inline', ...named, inline: { policies } } },
          ...more,
        }),
        entry('api'),
      ]);
    const ofUrl = 'https://acme.example.com/groups';
    expect(loaded({})).toMatchObject({
      model: { callPolicies: { groupClaims: ['groups'], groupClaimFallbacks: ['roles', 'cognito:groups'] } },
    });
    for (const name of [ofUrl, 'cognito:groups'])
      expect(loaded({ groupClaimName: name })).toMatchObject({
        model: { callPolicies: { groupClaims: [name], groupClaimFallbacks: [] } },
      });
    // Tokens of the embedded authorization server carry it by another name.
    const authServerConfig = {
      issuer: 'https://auth.example.com',
      upstreamProviders: [
        { name: 'idp', type: 'oidc', oidcConfig: { issuerUrl: 'https://idp.example.com', clientId: 'vmcp' } },
      ],
    };
    expect(loaded({ groupClaimName: ofUrl }, { authServerConfig })).toMatchObject({
      model: {
        authServer: { claimMappings: { claims: [{ claim: ofUrl, as: 'https_acme_example_com_groups' }] } },
        callPolicies: { groupClaims: ['https_acme_example_com_groups'] },
      },
    });
  });

  test('anonymous callers', () => {
    expect(loadManifests([...gateway({ incomingAuth: { type: 'anonymous' } }), entry('api')])).toMatchObject({
      ok: true,
      model: { incomingAuth: { type: 'anonymous' } },
    });
  });

  test('a passed-on Authorization header is refused: it would be the token for the gateway', () => {
    const objects = [
      ...gateway({ incomingAuth: EXTERNAL, passthroughHeaders: ['Authorization', 'X-Team'] }),
      entry('api'),
    ];
    expect(loadManifests(objects)).toMatchObject({
      ok: false,
      problems: [{ path: 'VirtualMCPServer/vmcp spec.passthroughHeaders[0]' }],
    });
  });

  test('tokens of service accounts: of this cluster, and of everybody in it, where nothing else is said', () => {
    const [group, , vmcp] = gateway({ incomingAuth: EXTERNAL });
    const loaded = (kubernetesServiceAccount?: Fields) =>
      loadManifests([
        group,
        manifest('MCPOIDCConfig', 'vmcp-oidc', {
          type: 'kubernetesServiceAccount',
          ...(kubernetesServiceAccount === undefined ? {} : { kubernetesServiceAccount }),
        }),
        vmcp,
        entry('api'),
      ]);
    for (const written of [undefined, {}])
      expect(loaded(written)).toMatchObject({
        ok: true,
        model: {
          incomingAuth: {
            oidc: {
              issuer: 'https://kubernetes.default.svc',
              audience: MCP,
              scopes: [],
              kubernetesServiceAccount: {
                clusterAuthFolder: '/var/run/secrets/kubernetes.io/serviceaccount',
              },
            },
          },
        },
      });
    const elsewhere = loaded({
      issuer: 'https://oidc.example.com/id/one',
      jwksUrl: 'https://oidc.example.com/id/one/keys',
      namespace: 'agents',
      serviceAccount: 'nightly',
      useClusterAuth: false,
    });
    expect(elsewhere.ok && elsewhere.model.incomingAuth).toMatchObject({
      oidc: {
        issuer: 'https://oidc.example.com/id/one',
        jwksUrl: 'https://oidc.example.com/id/one/keys',
        kubernetesServiceAccount: { namespace: 'agents', serviceAccount: 'nightly' },
      },
    });
    expect(JSON.stringify(elsewhere)).not.toContain('clusterAuthFolder');
  });
});

test('Entra guide: subjectClaim, a resource that is the host alone, and policies by group', () => {
  const host = 'https://vmcp.example.com';
  const [group, , vmcp] = gateway({
    authServerConfig: {
      issuer: host,
      upstreamProviders: [
        {
          name: 'entra',
          type: 'oidc',
          oidcConfig: {
            issuerUrl: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
            clientId: 'a-client',
            clientSecretRef: { name: 'idp', key: 'client-secret' },
            redirectUri: `${host}/oauth/callback`,
            subjectClaim: 'oid',
            scopes: ['api://a-client/mcp.access', 'openid', 'profile', 'email', 'offline_access'],
          },
        },
      ],
    },
    incomingAuth: {
      type: 'oidc',
      oidcConfigRef: { name: 'vmcp-oidc', audience: host, resourceUrl: host },
      authzConfig: {
        type: 'inline',
        inline: { policies: ['permit(principal in THVGroup::"mcp-developers", action, resource);'] },
      },
    },
    outgoingAuth: { source: 'discovered' },
  });
  const loaded = loadManifests([
    group,
    manifest('MCPOIDCConfig', 'vmcp-oidc', { type: 'inline', inline: { issuer: host } }),
    vmcp,
    entry('graph', { externalAuthConfigRef: { name: 'as-entra' } }),
    manifest('MCPExternalAuthConfig', 'as-entra', {
      type: 'upstreamInject',
      upstreamInject: { providerName: 'entra' },
    }),
    coreObject('Secret', 'idp', { stringData: { 'client-secret': 'a-secret' } }),
  ]);
  expect(loaded).toMatchObject({
    ok: true,
    model: {
      publicUrl: host,
      incomingAuth: { oidc: { audience: `${host}/mcp` } },
      authServer: {
        claimMappings: {
          from: 'idToken',
          claims: [{ as: 'groups' }, { as: 'roles' }, { as: 'cognito_groups' }],
        },
        upstreamProviders: [{ redirectUri: `${host}/oauth/callback`, protocol: { subjectClaim: 'oid' } }],
      },
    },
  });
});

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
