import { configMap, row, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { OUTGOING, REPORTS, REPOS, TICKETS } from './places.fixture.js';

export const WORKLOADS_ROWS: readonly ManifestRow[] = [
  wrong('a backend without a URL', `${TICKETS}.remoteUrl`, undefined, 'This field is required.'),
  row(
    'a backend with remoteURL, as a guide spells it',
    { [`${REPORTS}.remoteUrl`]: undefined, [`${REPORTS}.remoteURL`]: 'https://reports.acme.example/mcp' },
    [[`${REPORTS}.remoteURL`, 'Unknown field. Did you mean remoteUrl?', 'remoteUrl:']],
  ),
  wrong(
    'a backend without a scheme',
    `${TICKETS}.remoteUrl`,
    'tickets.acme.example/mcp',
    'The value is not an absolute http(s) URL.',
  ),
  wrong(
    'a backend over http',
    `${TICKETS}.remoteUrl`,
    'http://tickets.acme.example/mcp',
    'http is refused: tokens would travel in the clear.',
    'https://tickets.acme.example/mcp, or allowPrivateEndpoint: true where the server is inside the cluster',
  ),
  wrong(
    'a backend over ftp',
    `${REPORTS}.remoteUrl`,
    'ftp://reports.acme.example/mcp',
    'The value is not an absolute http(s) URL.',
  ),
  wrong(
    'a backend with a credential in its URL',
    `${TICKETS}.remoteUrl`,
    'https://user:plain-text-of-a-secret@tickets.acme.example/mcp',
    'The value contains credentials; they do not belong in a URL.',
  ),
  wrong(
    'a backend with a fragment',
    `${TICKETS}.remoteUrl`,
    'https://tickets.acme.example/mcp#a',
    'The value contains a fragment or a space.',
  ),
  wrong(
    'a backend that is this gateway',
    `${TICKETS}.remoteUrl`,
    'https://mcp.acme.example/mcp',
    'This is the gateway itself: its calls would go round in a circle.',
    'the URL of the MCP server behind it',
  ),
  wrong(
    'a backend at a private address',
    `${TICKETS}.remoteUrl`,
    'https://10.0.0.7/mcp',
    'This is a private or loopback address.',
    'a public host, or allowPrivateEndpoint: true beside it',
  ),
  wrong(
    "a backend at the address of the cloud's metadata",
    `${TICKETS}.remoteUrl`,
    'https://169.254.169.254/mcp',
    'No request ever goes to this address: it is link-local, a metadata service, multicast or reserved.',
    'the address of a server',
  ),
  wrong('a URL that is a number', `${TICKETS}.remoteUrl`, 7, 'Expected a text, found a number.', "'7'"),
  wrong('a backend without a transport', `${TICKETS}.transport`, undefined, 'This field is required.'),
  wrong(
    'a backend with an unknown transport',
    `${TICKETS}.transport`,
    'stdio',
    'Expected one of: sse, streamable-http.',
  ),
  wrong(
    'a transport in other letters',
    `${TICKETS}.transport`,
    'streamable_http',
    'Expected one of: sse, streamable-http.',
    'streamable-http',
  ),
  wrong('a backend of no group', `${TICKETS}.groupRef`, undefined, 'This field is required.'),
  wrong(
    'a group that is a text, as older versions wrote it',
    `${TICKETS}.groupRef`,
    'engineering',
    'Expected fields, found a text.',
    'groupRef: { name: engineering }',
  ),
  wrong(
    'a flag that is a text',
    `${TICKETS}.allowPrivateEndpoint`,
    'yes',
    'Expected true or false, found a text.',
  ),
  wrong(
    'an unknown field of a backend',
    `${TICKETS}.url`,
    'https://tickets.acme.example/mcp',
    'Unknown field. Did you mean remoteUrl?',
    'remoteUrl:',
  ),
  row(
    'a bundle that is not there',
    { [`${TICKETS}.caBundleRef`]: { configMapRef: { name: 'ca', key: 'ca.crt' } } },
    [
      [
        `${TICKETS}.caBundleRef.configMapRef`,
        'There is no ConfigMap ca in namespace tools, and none is mounted: Only env references can be read here.',
      ],
    ],
  ),
  row(
    'a bundle without the key',
    { [`${TICKETS}.caBundleRef`]: { configMapRef: { name: 'ca', key: 'ca.crt' } } },
    [[`${TICKETS}.caBundleRef.configMapRef`, 'The ConfigMap ca has no key ca.crt.']],
    [configMap('ca', { 'other.crt': 'x' })],
  ),
  row(
    'a bundle that is none',
    { [`${TICKETS}.caBundleRef`]: { configMapRef: { name: 'ca', key: 'ca.crt' } } },
    [
      [
        `${TICKETS}.caBundleRef.configMapRef`,
        'The key ca.crt of the ConfigMap ca holds no certificate in PEM form.',
      ],
    ],
    [configMap('ca', { 'ca.crt': 'x' })],
  ),
  row('a bundle without a name', { [`${TICKETS}.caBundleRef`]: { configMapRef: { key: 'ca.crt' } } }, [
    [`${TICKETS}.caBundleRef.configMapRef.name`, 'This field is required.'],
  ]),
  wrong(
    'a strategy of a backend that is not there',
    `${REPORTS}.externalAuthConfigRef.name`,
    'api-keys',
    'There is no MCPExternalAuthConfig api-keys in namespace tools.',
    'one of: as-octo, exchange, api-key',
  ),
  row('a strategy of a backend without a name', { [`${REPORTS}.externalAuthConfigRef`]: {} }, [
    [`${REPORTS}.externalAuthConfigRef.name`, 'This field is required.'],
  ]),
  row('plain headers', { [`${TICKETS}.headerForward`]: { addPlaintextHeaders: { 'X-Team': 'a' } } }, [
    [
      `${TICKETS}.headerForward.addPlaintextHeaders`,
      'Refused: only one header from a Secret can be sent, and only without externalAuthConfigRef.',
      'a Secret with the value, under addHeadersFromSecret',
    ],
  ]),
  row(
    'plain headers of a proxy',
    { [`${REPORTS}.headerForward`]: { addPlaintextHeaders: { 'X-Team': 'a' } } },
    [
      [
        `${REPORTS}.headerForward.addPlaintextHeaders`,
        'Refused: only one header from a Secret can be sent, and only without externalAuthConfigRef.',
        'a Secret with the value, under addHeadersFromSecret',
      ],
    ],
  ),
  row(
    'two headers from Secrets',
    {
      [`${OUTGOING}.backends`]: undefined,
      [`${TICKETS}.headerForward`]: {
        addHeadersFromSecret: [
          { headerName: 'X-A', valueSecretRef: { name: 'clients', key: 'octo' } },
          { headerName: 'X-B', valueSecretRef: { name: 'clients', key: 'octo' } },
        ],
      },
    },
    [
      [
        `${TICKETS}.headerForward.addHeadersFromSecret`,
        'Refused: only one header from a Secret can be sent, and only without externalAuthConfigRef.',
      ],
    ],
  ),
  row(
    'a header beside a strategy',
    {
      [`${REPORTS}.headerForward`]: {
        addHeadersFromSecret: [{ headerName: 'X-A', valueSecretRef: { name: 'clients', key: 'octo' } }],
      },
    },
    [
      [
        `${REPORTS}.headerForward.addHeadersFromSecret`,
        'Refused: only one header from a Secret can be sent, and only without externalAuthConfigRef.',
      ],
    ],
  ),
  row(
    'a header without a value',
    {
      [`${OUTGOING}.backends`]: undefined,
      [`${TICKETS}.headerForward`]: { addHeadersFromSecret: [{ headerName: 'X-A' }] },
    },
    [[`${TICKETS}.headerForward.addHeadersFromSecret[0].valueSecretRef`, 'This field is required.']],
  ),
  row(
    'a header whose value is not there',
    {
      [`${OUTGOING}.backends`]: undefined,
      [`${TICKETS}.headerForward`]: {
        addHeadersFromSecret: [{ headerName: 'X-A', valueSecretRef: { name: 'clients', key: 'none' } }],
      },
    },
    [
      [
        `${TICKETS}.headerForward.addHeadersFromSecret[0].valueSecretRef`,
        'The Secret clients has no key none.',
      ],
    ],
  ),
  row(
    'the session header from a Secret',
    {
      [`${OUTGOING}.backends`]: undefined,
      [`${TICKETS}.headerForward`]: {
        addHeadersFromSecret: [
          { headerName: 'Mcp-Session-Id', valueSecretRef: { name: 'clients', key: 'octo' } },
        ],
      },
    },
    [
      [
        `${TICKETS}.headerForward.addHeadersFromSecret[0].headerName`,
        'Mcp-Session-Id belongs to HTTP or MCP and cannot be injected.',
      ],
    ],
  ),
  wrong(
    'policies of a proxy',
    `${REPORTS}.authzConfig`,
    { type: 'inline', inline: { policies: [] } },
    'Refused: who may call what is decided once, at the gateway.',
    'the policies in incomingAuth.authzConfig of the VirtualMCPServer',
  ),
  wrong(
    'shared policies of a proxy',
    `${REPORTS}.authzConfigRef`,
    { name: 'shared' },
    'Refused: who may call what is decided once, at the gateway.',
    'the policies in incomingAuth.authzConfig of the VirtualMCPServer',
  ),
  row('tools of a proxy that are not there', { [`${REPORTS}.toolConfigRef`]: { name: 'tools' } }, [
    [
      `${REPORTS}.toolConfigRef.name`,
      'There is no MCPToolConfig tools in namespace tools.',
      'an MCPToolConfig of that name among the manifests',
    ],
  ]),
  wrong('a server without an image', `${REPOS}.image`, undefined, 'This field is required.'),
  wrong(
    'a server with an unknown transport',
    `${REPOS}.transport`,
    'http',
    'Expected one of: stdio, streamable-http, sse.',
  ),
  row('a server with an unknown mode', { [`${REPOS}.transport`]: 'stdio', [`${REPOS}.proxyMode`]: 'stdio' }, [
    [`${REPOS}.proxyMode`, 'Expected one of: sse, streamable-http.'],
  ]),
  wrong('a port that is a text', `${REPOS}.proxyPort`, '8080', 'Expected a number, found a text.'),
  wrong(
    'a port that there is not',
    `${REPOS}.proxyPort`,
    70000,
    'This is not a port: a whole number from 1 to 65535.',
  ),
  wrong(
    'an unknown field of a server',
    `${REPOS}.port`,
    8080,
    'Unknown field. Known here: args, backendReplicas, endpointPrefix, image, mcpPort, podTemplateSpec, proxyMode, proxyPort, replicas, serviceAccount, sessionAffinity, transport, trustProxyHeaders, audit, authServerRef, authzConfig, authzConfigRef, env, externalAuthConfigRef, groupRef, oidcConfigRef, permissionProfile, rateLimiting, resourceOverrides, resources, secrets, sessionStorage, telemetryConfigRef, toolConfigRef, volumes, webhookConfigRef.',
  ),
  wrong(
    'a strategy of a server that is not there',
    `${REPOS}.externalAuthConfigRef.name`,
    'as-octa',
    'There is no MCPExternalAuthConfig as-octa in namespace tools.',
    'one of: as-octo, exchange, api-key',
  ),
  row('a server with a name that no tool can have', { 'MCPServer/repos metadata.name': 'Repos!' }, [
    [
      'MCPServer/Repos! metadata.name',
      'The value is not a DNS label: lower-case letters, digits and inner hyphens, at most 63.',
      'repos',
    ],
  ]),
  row('a group with unknown fields', { 'MCPGroup/engineering spec': { members: ['repos'] } }, [
    ['MCPGroup/engineering spec.members', 'Unknown field. Known here: description.'],
  ]),
  wrong('a spec that is a list', TICKETS, [], 'Expected fields, found a list.'),
];
