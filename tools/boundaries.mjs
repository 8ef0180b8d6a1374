/**
 * Who may import whom (house plan, section 1): kernel <- pure libs <- Nest libs <- apps. Read by eslint and by the check that proves it bites.
 * @type {Record<string, string[]>}
 */
export const MAY_IMPORT = {
  kernel: [],
  contracts: ['kernel'],
  'access-tokens': ['kernel', 'safe-fetch'],
  sealing: ['kernel'],
  config: ['kernel'],
  'safe-fetch': ['kernel'],
  'scripted-browser': [],
  observability: ['kernel'],
  messaging: ['kernel', 'contracts', 'observability', 'sealing'],
  persistence: ['kernel', 'observability'],
  'service-process': ['kernel', 'config', 'observability', 'messaging', 'safe-fetch'],
  testing: [
    'observability',
    'kernel',
    'contracts',
    'messaging',
    'persistence',
    'config',
    'scripted-browser',
    'sealing',
    'access-tokens',
  ],
  'authorization-server': [
    'service-process',
    'kernel',
    'contracts',
    'access-tokens',
    'sealing',
    'config',
    'observability',
    'messaging',
    'persistence',
    'safe-fetch',
  ],
  'token-vault': [
    'service-process',
    'kernel',
    'contracts',
    'sealing',
    'config',
    'safe-fetch',
    'observability',
    'messaging',
    'persistence',
  ],
  'vmcp-proxy': [
    'service-process',
    'kernel',
    'contracts',
    'access-tokens',
    'sealing',
    'config',
    'safe-fetch',
    'observability',
    'messaging',
  ],
  gatehouse: [
    'kernel',
    'config',
    'contracts',
    'sealing',
    'messaging',
    'persistence',
    'safe-fetch',
    'scripted-browser',
    'observability',
    'service-process',
  ],
  demonstration: ['kernel'],
  operator: ['kernel', 'config', 'observability', 'service-process'],
};

/** What a project may not get through another one either: the proxy's image has no database driver. */
export const NEVER_BELOW = { 'vmcp-proxy': ['persistence'] };

/**
 * The rooms of apps and libs, from the ground up: a room may import those before it, never one after it, and never the
 * files that stand beside the rooms. Those put the rooms together and may import all of them. Specs may look everywhere.
 * @type {Record<string, string[]>}
 */
export const ROOMS = {
  config: [
    'urls',
    'model',
    'findings',
    'yaml',
    'profiles',
    'secrets',
    'manifest-fields',
    'from-manifests',
    'to-manifests',
    'structure',
    'from-yaml',
    'policies',
    'rules',
  ],
  'token-vault': [
    'rows',
    'keyring',
    'leases',
    'backend-oauth',
    'providers',
    'outbox',
    'connections',
    'refresh',
    'custody-log',
    'credentials',
    'housekeeping',
  ],
  'authorization-server': [
    'held-keys',
    'signing-keys',
    'pages',
    'http',
    'rows',
    'outbox',
    'vault',
    'accounts',
    'client-terms',
    'sessions',
    'refresh-tokens',
    'clients',
    'assertions',
    'attempts',
    'oauth-endpoints',
    'device-flow',
    'consent',
    'logout',
    'sign-in-chain',
    'connections',
    'administration',
    'housekeeping',
  ],
  'vmcp-proxy': [
    'json',
    'mcp',
    'incoming-auth',
    'outgoing-auth',
    'mcp-sessions',
    'tasks',
    'replays',
    'refusals',
    'backends',
    'catalog',
    'authorization',
    'changes',
    'calls',
    'edge',
  ],
  operator: ['cluster', 'leadership', 'gateway', 'status', 'reconcile'],
};

/**
 * Third-party packages that live behind one seam (architecture, section 1): package name -> the only projects that may import it.
 * @type {Record<string, string[]>}
 */
export const SEAMS = {
  '@cedar-policy/cedar-wasm': ['config'],
  'openid-client': ['token-vault'],
  koffi: ['authorization-server'],
  'oidc-provider': ['authorization-server', 'demonstration', 'testing'],
  pg: ['persistence', 'testing', 'gatehouse'],
  '@nats-io/transport-node': ['messaging', 'testing'],
  '@nats-io/jetstream': ['messaging', 'testing'],
  '@nats-io/kv': ['messaging', 'testing'],
  '@kubernetes/client-node': ['operator'],
};

/** The proxy holds no stored token. So it, and what it shares with the vault, may use the message half of `sealing` only. */
export const MESSAGE_SEALING = '@gatehouse/sealing/message-sealing';
export const MESSAGE_SEALING_ONLY = ['vmcp-proxy', 'messaging'];
