import { elsewhere, row, secret, wrong, type ManifestRow } from './manifest-row.fixture.js';
import {
  API_KEY,
  CLIENTS,
  EXCHANGE,
  GATEWAY,
  INCOMING,
  OAUTH2,
  OIDC,
  OUTGOING,
  REPORTS,
  REPOS,
} from './places.fixture.js';

export const REFERENCES_ROWS: readonly ManifestRow[] = [
  wrong(
    'a group that is not there',
    `${GATEWAY}.groupRef.name`,
    'design',
    'There is no MCPGroup design in namespace tools.',
    'one of: engineering',
  ),
  wrong('no group', `${GATEWAY}.groupRef`, undefined, 'This field is required.'),
  row('a group without a name', { [`${GATEWAY}.groupRef`]: {} }, [
    [`${GATEWAY}.groupRef.name`, 'This field is required.'],
  ]),
  wrong('a group that is a number', `${GATEWAY}.groupRef.name`, 7, 'Expected a text, found a number.', "'7'"),
  row('a group of another namespace', { 'MCPGroup/engineering metadata.namespace': 'other' }, [
    [
      `${GATEWAY}.groupRef.name`,
      'There is no MCPGroup engineering in namespace tools.',
      'an MCPGroup of that name among the manifests',
    ],
  ]),
  row('no MCPGroup at all', { 'MCPGroup/engineering': undefined }, [
    [
      `${GATEWAY}.groupRef.name`,
      'There is no MCPGroup engineering in namespace tools.',
      'an MCPGroup of that name among the manifests',
    ],
  ]),
  row(
    'a group that nobody is in',
    {
      'MCPServer/repos': undefined,
      'MCPServerEntry/tickets': undefined,
      'MCPRemoteProxy/reports': undefined,
      [`${OUTGOING}.backends`]: undefined,
    },
    [
      [
        `${GATEWAY}.groupRef`,
        'At least one backend is needed: a gateway to nothing has no tools.',
        'an MCPServerEntry, an MCPRemoteProxy or an MCPServer with this groupRef',
      ],
    ],
  ),
  row('an MCPOIDCConfig of another namespace', { 'MCPOIDCConfig/own metadata.namespace': 'other' }, [
    [
      `${INCOMING}.oidcConfigRef.name`,
      'There is no MCPOIDCConfig own in namespace tools.',
      'an MCPOIDCConfig of that name among the manifests',
    ],
  ]),
  row('a strategy of another namespace', { 'MCPExternalAuthConfig/as-octo metadata.namespace': 'other' }, [
    [
      `${REPOS}.externalAuthConfigRef.name`,
      'There is no MCPExternalAuthConfig as-octo in namespace tools.',
      'one of: exchange, api-key',
    ],
  ]),
  row(
    'a strategy of another namespace, chosen by the gateway',
    { 'MCPExternalAuthConfig/exchange metadata.namespace': 'other' },
    [
      [
        `${OUTGOING}.backends.tickets.externalAuthConfigRef.name`,
        'There is no MCPExternalAuthConfig exchange in namespace tools.',
        'one of: as-octo, api-key',
      ],
    ],
  ),
  row(
    'shared tools of another namespace',
    { [`${REPORTS}.toolConfigRef`]: { name: 'tools' } },
    [
      [
        `${REPORTS}.toolConfigRef.name`,
        'There is no MCPToolConfig tools in namespace tools.',
        'an MCPToolConfig of that name among the manifests',
      ],
    ],
    [elsewhere('MCPToolConfig', 'tools', {})],
  ),
  row(
    'policies of another namespace',
    { [`${INCOMING}.authzConfigRef`]: { name: 'shared' } },
    [
      [
        `${INCOMING}.authzConfigRef.name`,
        'There is no MCPAuthzConfig shared in namespace tools.',
        'an MCPAuthzConfig of that name among the manifests',
      ],
    ],
    [elsewhere('MCPAuthzConfig', 'shared', { type: 'cedarv1', config: { policies: [] } })],
  ),
  row(
    'a Secret of another namespace',
    {
      [`${CLIENTS} metadata.namespace`]: 'other',
      [`${API_KEY}.headerInjection.valueSecretRef`]: { name: 'plain', key: 'a' },
      [`${OIDC}.clientSecretRef`]: { name: 'plain', key: 'b' },
      [`${OAUTH2}.clientSecretRef`]: { name: 'plain', key: 'c' },
    },
    [
      [
        `${EXCHANGE}.tokenExchange.clientSecretRef`,
        'There is no Secret clients in namespace tools, and none is mounted: Only env references can be read here.',
      ],
    ],
    [secret('plain', { a: 'aaaa-aaaa', b: 'bbbb-bbbb', c: 'cccc-cccc' })],
  ),
  row('a Secret without the key of a provider', { [`${CLIENTS} stringData.octo`]: undefined }, [
    [`${OAUTH2}.clientSecretRef`, 'The Secret clients has no key octo.'],
  ]),
  row('a Secret without the key of a strategy', { [`${CLIENTS} stringData.exchange`]: undefined }, [
    [`${EXCHANGE}.tokenExchange.clientSecretRef`, 'The Secret clients has no key exchange.'],
  ]),
  row('a Secret without the key of a header', { [`${CLIENTS} data.api-key`]: undefined }, [
    [`${API_KEY}.headerInjection.valueSecretRef`, 'The Secret clients has no key api-key.'],
  ]),
  row('a Secret with an empty value', { [`${CLIENTS} stringData.octo`]: '' }, [
    [`${OAUTH2}.clientSecretRef`, 'The key octo of the Secret clients is empty.'],
  ]),
  row('a Secret with a value of spaces', { [`${CLIENTS} stringData.octo`]: '   ' }, [
    [`${OAUTH2}.clientSecretRef`, 'The key octo of the Secret clients is empty.'],
  ]),
  row('a Secret with data that is not base64', { [`${CLIENTS} data.api-key`]: 'not base64!' }, [
    [`${API_KEY}.headerInjection.valueSecretRef`, 'The key api-key of the Secret clients is not base64.'],
  ]),
  row('a Secret with a value that is a number', { [`${CLIENTS} stringData.octo`]: 7 }, [
    [`${OAUTH2}.clientSecretRef`, 'The key octo of the Secret clients is not a text.'],
  ]),
  row('a Secret with data that is a list', { [`${CLIENTS} data`]: ['api-key'] }, [
    [`${API_KEY}.headerInjection.valueSecretRef`, 'The Secret clients has no key api-key.'],
  ]),
  row('a reference to a Secret that is not there', { [`${OAUTH2}.clientSecretRef.name`]: 'client' }, [
    [
      `${OAUTH2}.clientSecretRef`,
      'There is no Secret client in namespace tools, and none is mounted: Only env references can be read here.',
    ],
  ]),
  row('a reference to a key in other letters', { [`${OAUTH2}.clientSecretRef.key`]: 'Octo' }, [
    [`${OAUTH2}.clientSecretRef`, 'The Secret clients has no key Octo.'],
  ]),
];
