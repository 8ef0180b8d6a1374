import { describe, expect, test } from '@jest/globals';
import { entry, EXTERNAL, gateway, MCP } from './documented-examples.fixture.js';
import { coreObject, loadManifests, manifest, type Fields, type Manifest } from './manifests.fixture.js';

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
