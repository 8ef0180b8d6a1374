import { PORT_OFFSETS } from '@gatehouse/kernel/default-ports';

/** Beside the configuration, for completion in an editor. */
export const SCHEMA_FILE = 'gatehouse.schema.json';

export interface Answers {
  readonly name: string;
  readonly publicUrl: string;
  /** First of a row of ports that nobody has. */
  readonly portBase: number;
  /** Absent: whoever reaches the gateway may call, for a try on one machine. */
  readonly provider?: {
    readonly profile: string;
    readonly clientId: string;
    /** What the profile cannot know, by its name. */
    readonly parameters: Readonly<Record<string, string>>;
  };
  readonly backends: readonly { readonly name: string; readonly url: string }[];
}

/** Files beside the configuration: each is made once, and nobody but its owner may read it. */
export const KEY_FILES = {
  authorizationServer: 'keys/authorization-server.key',
  tokenVault: 'keys/token-vault.key',
  bridge: 'keys/bridge.secret',
  clientSecret: (profile: string): string => `keys/${profile}.secret`,
} as const;

/** Written as a string of YAML whatever is in it. */
const quoted = (text: string): string => JSON.stringify(text);

/** The first `gatehouse.yaml` of a person, with what they should know about each part. */
export function configurationText(answers: Answers): string {
  const { name, publicUrl, portBase } = answers;
  const at = (part: keyof typeof PORT_OFFSETS): number => portBase + PORT_OFFSETS[part];
  return [
    `# yaml-language-server: $schema=./${SCHEMA_FILE}`,
    '# Check it: gatehouse validate gatehouse.yaml     Start it: gatehouse up gatehouse.yaml',
    `name: ${quoted(name)}`,
    `publicUrl: ${quoted(publicUrl)} # clients connect to this URL with /mcp behind it`,
    '',
    ...signIn(answers),
    '# Each MCP server whose tools people get. Their names stand before the names of the tools.',
    ...backends(answers),
    '',
    '# What seals the credentials of people. Without these keys nobody can open what is stored: keep them.',
    'vault:',
    `  keyEncryptionKeys: [{ id: '1', file: ${KEY_FILES.tokenVault} }]`,
    "  requestKeys: [{ id: '1', env: VAULT_REQUEST_KEY }] # `gatehouse up` makes it, and every env below",
    '',
    'postgres:',
    ...(answers.provider === undefined
      ? []
      : ['  authorizationServer: { url: { env: AUTHORIZATION_SERVER_DATABASE_URL } }']),
    '  tokenVault: { url: { env: TOKEN_VAULT_DATABASE_URL } }',
    '',
    'nats:',
    `  servers: [nats://127.0.0.1:${at('nats')}]`,
    '  credentials: { env: NATS_CREDENTIALS }',
    '',
    '# Where the services listen on this machine.',
    'listen:',
    `  proxy: { port: ${at('proxy')} }`,
    `  authorizationServer: { port: ${at('authorization-server')} }`,
    `  tokenVault: { internal: { port: ${at('token-vault')} } }`,
    `  bridge: { port: ${at('bridge')} }`,
    '',
  ].join('\n');
}

export const isThisMachine = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1'].includes(hostname);

/** Where people sign in: beside the gateway on this machine, below the same host elsewhere. */
export function issuerOf({ publicUrl, portBase }: Answers): string {
  const url = new URL(publicUrl);
  if (!isThisMachine(url)) return `https://auth.${url.host}`;
  return `http://${url.hostname}:${portBase + PORT_OFFSETS['authorization-server']}`;
}

function signIn(answers: Answers): readonly string[] {
  const { provider } = answers;
  if (provider === undefined)
    return [
      '# Whoever reaches this gateway may call it: for a try on one machine. With a provider, people sign in:',
      '# gatehouse init --force --provider github',
      'incomingAuth: { type: anonymous }',
      '',
    ];
  const { profile, clientId, parameters } = provider;
  const issuer = issuerOf(answers);
  return [
    'authServer:',
    `  issuer: ${quoted(issuer)}`,
    `  keyEncryptionKeys: [{ id: '1', file: ${KEY_FILES.authorizationServer} }]`,
    '  upstreamProviders: # visited in this order; the first one says who the person is',
    `    - name: ${profile}`,
    `      provider: ${profile}`,
    ...Object.entries(parameters).map(([parameter, value]) => `      ${parameter}: ${quoted(value)}`),
    `      clientId: ${quoted(clientId)} # register there the callback ${issuer}/oauth/callback/${profile}`,
    `      clientSecret: { file: ${KEY_FILES.clientSecret(profile)} }`,
    '',
  ];
}

function backends({ backends: servers, provider }: Answers): readonly string[] {
  if (servers.length === 0)
    return [
      'bridge: # runs the programs of backends',
      `  secret: { file: ${KEY_FILES.bridge} }`,
      'backends:',
      '  - name: everything # a program to try; a server on the network has url: instead of command:',
      "    command: [npx, -y, '@modelcontextprotocol/server-everything@2026.8.31']",
    ];
  const list = servers.map(({ name, url }) => `  - { name: ${name}, url: ${quoted(url)} }`);
  if (provider === undefined) return ['backends:', ...list];
  const strategy = `{ type: upstreamInject, upstreamInject: { providerName: ${provider.profile} } }`;
  return [
    'backends:',
    ...list,
    '',
    '# Each backend gets the token that the provider gave this person.',
    'outgoingAuth:',
    '  backends:',
    ...servers.map(({ name }) => `    ${name}: ${strategy}`),
  ];
}
