import { manifest } from '../manifests.fixture.js';
import { configMap, row, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { GATEWAY, INCOMING, OWN } from './places.fixture.js';

export const INCOMING_MORE_ROWS: readonly ManifestRow[] = [
  wrong(
    'keys fetched with a credential',
    `${OWN}.inline.jwksAuthTokenPath`,
    '/var/run/token',
    'Refused: keys are fetched without a credential.',
  ),
  row(
    'a bundle that is not there',
    { [`${OWN}.inline.caBundleRef`]: { configMapRef: { name: 'ca', key: 'ca.crt' } } },
    [
      [
        `${OWN}.inline.caBundleRef.configMapRef`,
        'There is no ConfigMap ca in namespace tools, and none is mounted: Only env references can be read here.',
      ],
    ],
  ),
  row('a bundle without a key', { [`${OWN}.inline.caBundleRef`]: { configMapRef: { name: 'ca' } } }, [
    [`${OWN}.inline.caBundleRef.configMapRef.key`, 'This field is required.'],
  ]),
  wrong(
    'an unknown field of an MCPOIDCConfig',
    `${OWN}.inline.audience`,
    'x',
    'Unknown field. Known here: clientId, insecureAllowHTTP, introspectionUrl, issuer, jwksAllowPrivateIP, jwksAuthTokenPath, jwksUrl, protectedResourceAllowPrivateIP, caBundleRef, clientSecretRef.',
  ),
  row(
    'tokens of service accounts beside an authorization server',
    {
      [`${OWN}.type`]: 'kubernetesServiceAccount',
      [`${OWN}.inline`]: undefined,
      [`${OWN}.kubernetesServiceAccount`]: {},
    },
    [
      [
        `${OWN}.kubernetesServiceAccount`,
        'With authServerConfig, callers bring its tokens: those of service accounts are none.',
        'a gateway of its own for the programs of the cluster, without authServerConfig',
      ],
    ],
  ),
  row('policies without a type', { [`${INCOMING}.authzConfig`]: { inline: { policies: [] } } }, [
    [`${INCOMING}.authzConfig.type`, 'This field is required.'],
  ]),
  row('policies of an unknown type', { [`${INCOMING}.authzConfig`]: { type: 'opa' } }, [
    [`${INCOMING}.authzConfig.type`, 'Expected one of: configMap, inline.'],
  ]),
  row('inline policies without their block', { [`${INCOMING}.authzConfig`]: { type: 'inline' } }, [
    [`${INCOMING}.authzConfig.inline`, 'type: inline needs the fields under inline.'],
  ]),
  row('inline policies without policies', { [`${INCOMING}.authzConfig`]: { type: 'inline', inline: {} } }, [
    [`${INCOMING}.authzConfig.inline.policies`, 'This field is required.'],
  ]),
  row(
    'policies that are one text',
    {
      [`${INCOMING}.authzConfig`]: {
        type: 'inline',
        inline: { policies: 'permit(principal, action, resource);' },
      },
    },
    [[`${INCOMING}.authzConfig.inline.policies`, 'Expected a list, found a text.']],
  ),
  row(
    'a policy that is not Cedar',
    {
      [`${INCOMING}.authzConfig`]: {
        type: 'inline',
        inline: { policies: ['permit(principal, action, resource);', 'allow everything'] },
      },
    },
    [
      [
        `${INCOMING}.authzConfig.inline.policies[1]`,
        'Cedar: unexpected token `everything` (line 1 of policies).',
      ],
    ],
  ),
  row(
    'a policy with an unknown action',
    {
      [`${INCOMING}.authzConfig`]: {
        type: 'inline',
        inline: { policies: ['permit(principal, action == Action::"run_tool", resource);'] },
      },
    },
    [
      [
        `${INCOMING}.authzConfig.inline.policies[0]`,
        'Cedar: for policy `policy 1`, unrecognized action `Action::"run_tool"`. did you mean `Action::"call_tool"`?.',
      ],
    ],
  ),
  row(
    'entities that are no JSON',
    {
      [`${INCOMING}.authzConfig`]: {
        type: 'inline',
        inline: { policies: ['permit(principal, action, resource);'], entitiesJson: '{' },
      },
    },
    [[`${INCOMING}.authzConfig.inline.entitiesJson`, 'The value is not JSON.']],
  ),
  row(
    'a primary provider of policies',
    {
      [`${INCOMING}.authzConfig`]: {
        type: 'inline',
        inline: { policies: ['permit(principal, action, resource);'], primaryUpstreamProvider: 'octo' },
      },
    },
    [
      [
        `${INCOMING}.authzConfig.inline.primaryUpstreamProvider`,
        'Refused: claims come from the provider that decides who the person is.',
        'spec.authServerConfig.primaryUpstreamProvider',
      ],
    ],
  ),
  row('policies in a ConfigMap without its name', { [`${INCOMING}.authzConfig`]: { type: 'configMap' } }, [
    [`${INCOMING}.authzConfig.configMap`, 'type: configMap needs the fields under configMap.'],
  ]),
  row(
    'policies in a ConfigMap that is not there',
    { [`${INCOMING}.authzConfig`]: { type: 'configMap', configMap: { name: 'policies' } } },
    [
      [
        `${INCOMING}.authzConfig.configMap.name`,
        'There is no ConfigMap policies in namespace tools.',
        'a ConfigMap of that name among the manifests',
      ],
    ],
  ),
  row(
    'policies in a ConfigMap without the key',
    { [`${INCOMING}.authzConfig`]: { type: 'configMap', configMap: { name: 'policies' } } },
    [[`${INCOMING}.authzConfig.configMap`, 'The ConfigMap has no key authz.json.']],
    [configMap('policies', { other: '{}' })],
  ),
  row(
    'policies in a ConfigMap that are no JSON',
    { [`${INCOMING}.authzConfig`]: { type: 'configMap', configMap: { name: 'policies', key: 'a' } } },
    [['ConfigMap/policies data.a', 'Expected JSON with type: cedarv1 and cedar.policies.']],
    [configMap('policies', { a: 'permit' })],
  ),
  row(
    'policies in a ConfigMap of another type',
    { [`${INCOMING}.authzConfig`]: { type: 'configMap', configMap: { name: 'policies', key: 'a' } } },
    [['ConfigMap/policies data.a', 'Expected JSON with type: cedarv1 and cedar.policies.']],
    [configMap('policies', { a: '{"type":"opa","cedar":{"policies":[]}}' })],
  ),
  row(
    'policies in a ConfigMap with an unknown field',
    { [`${INCOMING}.authzConfig`]: { type: 'configMap', configMap: { name: 'policies', key: 'a' } } },
    [
      [
        'ConfigMap/policies a cedar.claims',
        'Refused: claims is not read here. Known: policies, entities_json, entitiesJson, group_claim_name, groupClaimName, role_claim_name, roleClaimName, group_entity_type, groupEntityType.',
      ],
    ],
    [configMap('policies', { a: '{"type":"cedarv1","cedar":{"policies":[],"claims":{}}}' })],
  ),
  row('shared policies that are not there', { [`${INCOMING}.authzConfigRef`]: { name: 'shared' } }, [
    [
      `${INCOMING}.authzConfigRef.name`,
      'There is no MCPAuthzConfig shared in namespace tools.',
      'an MCPAuthzConfig of that name among the manifests',
    ],
  ]),
  row(
    'shared policies of another type',
    { [`${INCOMING}.authzConfigRef`]: { name: 'shared' } },
    [['MCPAuthzConfig/shared spec.type', 'Refused: policies here are written in Cedar.', 'cedarv1']],
    [manifest('MCPAuthzConfig', 'shared', { type: 'httpv1', config: { url: 'https://pdp.example' } })],
  ),
  row(
    'shared policies without a config',
    { [`${INCOMING}.authzConfigRef`]: { name: 'shared' } },
    [['MCPAuthzConfig/shared spec.config', 'This field is required.']],
    [manifest('MCPAuthzConfig', 'shared', { type: 'cedarv1' })],
  ),
  row(
    'shared policies that are not Cedar',
    { [`${INCOMING}.authzConfigRef`]: { name: 'shared' } },
    [
      [
        'MCPAuthzConfig/shared spec.config.policies[0]',
        'Cedar: unexpected end of input (line 1 of policies).',
      ],
    ],
    [manifest('MCPAuthzConfig', 'shared', { type: 'cedarv1', config: { policies: ['nonsense'] } })],
  ),
  row(
    'policies twice',
    {
      [`${INCOMING}.authzConfig`]: {
        type: 'inline',
        inline: { policies: ['permit(principal, action, resource);'] },
      },
      [`${INCOMING}.authzConfigRef`]: { name: 'shared' },
    },
    [
      [
        `${INCOMING}.authzConfigRef`,
        'The policies are written in authzConfig already: write one of the two.',
      ],
    ],
    [
      manifest('MCPAuthzConfig', 'shared', {
        type: 'cedarv1',
        config: { policies: ['permit(principal, action, resource);'] },
      }),
    ],
  ),
  row('a passed-on Authorization', { [`${GATEWAY}.passthroughHeaders`]: ['X-Team', 'Authorization'] }, [
    [`${GATEWAY}.passthroughHeaders[1]`, 'Authorization of a caller never goes to a backend.'],
  ]),
  row('a passed-on Cookie', { [`${GATEWAY}.passthroughHeaders`]: ['Cookie'] }, [
    [`${GATEWAY}.passthroughHeaders[0]`, 'Cookie of a caller never goes to a backend.'],
  ]),
  row('a passed-on session', { [`${GATEWAY}.passthroughHeaders`]: ['Mcp-Session-Id'] }, [
    [`${GATEWAY}.passthroughHeaders[0]`, 'Mcp-Session-Id of a caller never goes to a backend.'],
  ]),
  row('a passed-on header that is none', { [`${GATEWAY}.passthroughHeaders`]: ['X Team'] }, [
    [`${GATEWAY}.passthroughHeaders[0]`, 'The value is not a header name.'],
  ]),
  wrong(
    'passed-on headers that are one text',
    `${GATEWAY}.passthroughHeaders`,
    'X-Team',
    'Expected a list, found a text.',
  ),
];
