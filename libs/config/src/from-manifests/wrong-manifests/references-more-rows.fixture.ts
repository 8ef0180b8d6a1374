import { manifest } from '../manifests.fixture.js';
import { configMap, row, secret, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { CLIENTS, GATEWAY, OAUTH2, OUTGOING, TICKETS } from './places.fixture.js';

export const REFERENCES_MORE_ROWS: readonly ManifestRow[] = [
  row(
    'a Secret reference that a ConfigMap would answer',
    { [`${OAUTH2}.clientSecretRef`]: { name: 'settings', key: 'octo' } },
    [
      [
        `${OAUTH2}.clientSecretRef`,
        'There is no Secret settings in namespace tools, and none is mounted: Only env references can be read here.',
      ],
    ],
    [configMap('settings', { octo: 'value' })],
  ),
  row(
    'a bundle that a Secret would answer',
    { [`${TICKETS}.caBundleRef`]: { configMapRef: { name: 'clients', key: 'octo' } } },
    [
      [
        `${TICKETS}.caBundleRef.configMapRef`,
        'There is no ConfigMap clients in namespace tools, and none is mounted: Only env references can be read here.',
      ],
    ],
  ),
  row(
    'two groups of one name',
    {},
    [['MCPGroup/engineering', 'There is another MCPGroup of this name in all.yaml:2.']],
    [manifest('MCPGroup', 'engineering')],
  ),
  row(
    'two backends of one name and kind',
    {},
    [['MCPServerEntry/tickets', 'There is another MCPServerEntry of this name in all.yaml:70.']],
    [
      manifest('MCPServerEntry', 'tickets', {
        groupRef: { name: 'engineering' },
        remoteUrl: 'https://tickets.acme.example/mcp',
        transport: 'sse',
      }),
    ],
  ),
  row(
    'two backends of one name and two kinds',
    {},
    [['MCPRemoteProxy/tickets metadata.name', 'Another backend of this gateway is named tickets.']],
    [
      manifest('MCPRemoteProxy', 'tickets', {
        groupRef: { name: 'engineering' },
        remoteUrl: 'https://tickets2.acme.example/mcp',
      }),
    ],
  ),
  row(
    'two strategies of one name',
    {},
    [
      [
        'MCPExternalAuthConfig/api-key',
        'There is another MCPExternalAuthConfig of this name in all.yaml:44.',
      ],
    ],
    [manifest('MCPExternalAuthConfig', 'api-key', { type: 'unauthenticated' })],
  ),
  row(
    'two MCPOIDCConfigs of one name',
    {},
    [['MCPOIDCConfig/own', 'There is another MCPOIDCConfig of this name in all.yaml:8.']],
    [manifest('MCPOIDCConfig', 'own', { type: 'inline', inline: { issuer: 'https://evil.example' } })],
  ),
  row(
    'two Secrets of one name',
    {},
    [[CLIENTS, 'There is another Secret of this name in all.yaml:137.']],
    [secret('clients', { octo: 'other' })],
  ),
  row(
    'two ConfigMaps of one name',
    {},
    [['ConfigMap/a', 'There is another ConfigMap of this name in all.yaml:149.']],
    [configMap('a', {}), configMap('a', {})],
  ),
  row(
    'one name in both versions',
    {},
    [['MCPGroup/engineering', 'There is another MCPGroup of this name in all.yaml:2.']],
    [manifest('MCPGroup', 'engineering', undefined, 'v1alpha1')],
  ),
  wrong(
    'a version that is not published',
    'MCPServerEntry/tickets apiVersion',
    'toolhive.stacklok.dev/v1',
    'This version is not known. Known: v1alpha1, v1beta1.',
    'toolhive.stacklok.dev/v1beta1',
  ),
  wrong(
    'a version in capitals',
    'MCPGroup/engineering apiVersion',
    'toolhive.stacklok.dev/V1beta1',
    'This version is not known. Known: v1alpha1, v1beta1.',
    'toolhive.stacklok.dev/v1beta1',
  ),
  row(
    'a kind that the seed system does not have',
    {},
    [['MCPGateway/a kind', 'The seed system has no kind MCPGateway.']],
    [manifest('MCPGateway', 'a', {})],
  ),
  row('a kind with a letter missing', { 'MCPServerEntry/tickets kind': 'MCPServerEntri' }, [
    ['MCPServerEntri/tickets kind', 'The seed system has no kind MCPServerEntri.'],
  ]),
  row('an object without a name', { 'MCPGroup/engineering metadata': { namespace: 'tools' } }, [
    ['MCPGroup/ metadata.name', 'This field is required.'],
    [
      `${GATEWAY}.groupRef.name`,
      'There is no MCPGroup engineering in namespace tools.',
      'an MCPGroup of that name among the manifests',
    ],
  ]),
  row('an object without metadata', { 'MCPServerEntry/tickets metadata': undefined }, [
    ['MCPServerEntry/ metadata.name', 'This field is required.'],
    [`${OUTGOING}.backends.tickets`, 'There is no backend named tickets. Known: repos, reports.'],
  ]),
  row('an object whose name is a number', { 'MCPServerEntry/tickets metadata.name': 7 }, [
    ['MCPServerEntry/7 metadata.name', 'Expected a text, found a number.', "'7'"],
  ]),
  row(
    'two gateways',
    {},
    [
      [
        'VirtualMCPServer/other',
        'There are several VirtualMCPServers, and one gateway is one of them: tools/acme, tools/other.',
        '--virtual-server tools/acme, or GATEHOUSE_VIRTUAL_SERVER',
      ],
    ],
    [
      manifest('VirtualMCPServer', 'other', {
        groupRef: { name: 'engineering' },
        incomingAuth: { type: 'anonymous' },
      }),
    ],
  ),
  row(
    'a field of gatehouse.yaml beside the manifests that it does not have',
    {},
    [['publicURL', 'Unknown field. Did you mean publicUrl?', 'publicUrl:']],
    [{ publicURL: 'https://mcp.acme.example' }],
  ),
  row(
    'a field of gatehouse.yaml beside the manifests with a wrong value',
    {},
    [['listen.proxy.port', 'Expected a whole number, found a text.']],
    [{ listen: { proxy: { port: 'none' } } }],
  ),
  row(
    'a database beside the manifests that is no reference',
    {},
    [
      [
        'postgres.tokenVault.url',
        'A secret is never written in plain text: write a reference to where it is.',
        'url: { env: TOKEN_VAULT_DATABASE_URL }',
      ],
    ],
    [{ postgres: { tokenVault: { url: 'postgresql://plain-text-of-a-secret@db/x' } } }],
  ),
  row(
    'fields of gatehouse.yaml in a ConfigMap that are no YAML',
    {},
    [
      [
        'ConfigMap/gatehouse data["gatehouse.yaml"]',
        'This is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
    ],
    [configMap('gatehouse', { 'gatehouse.yaml': 'a: [' })],
  ),
  row(
    'fields of gatehouse.yaml in a ConfigMap that it does not have',
    {},
    [['ConfigMap/gatehouse gatehouse.yaml listen.proxi', 'Unknown field. Did you mean proxy?', 'proxy:']],
    [
      configMap('gatehouse', {
        'gatehouse.yaml': `listen:
  proxi: {}
`,
      }),
    ],
  ),
];
