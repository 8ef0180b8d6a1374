/** What the gateway can do for clients: what its backends can, and nothing that it could not keep. */
export const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  completions: {},
} as const;

export const LEGACY_CAPABILITIES = { ...CAPABILITIES, logging: {} } as const;

const ABOUT_NAMES = 'The first part of a name says which service it belongs to.';
const ABOUT_LINKS = 'When a tool answers with a link, the user has to open it once to connect an account.';

/** What a client is told about an endpoint, for its model. */
export const instructionsFor = ({ services, hasPrefixes }: EndpointTraits): string =>
  [
    services === 1 ? 'One service behind a gateway.' : 'Several services behind one endpoint.',
    ...(hasPrefixes ? [ABOUT_NAMES] : []),
    ABOUT_LINKS,
  ].join(' ');

interface EndpointTraits {
  readonly services: number;
  /** Of all names. */
  readonly hasPrefixes: boolean;
}
