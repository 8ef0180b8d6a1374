/** What the gateway can do for clients: what its backends can, and nothing that it could not keep. */
export const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  completions: {},
} as const;

export const LEGACY_CAPABILITIES = { ...CAPABILITIES, logging: {} } as const;

const ABOUT_LINKS = 'When a tool answers with a link to connect an account, the user has to open it once.';

/** What a client is told about an endpoint, for its model. */
export const instructionsFor = ({ services, prefixes, hasAccounts }: EndpointTraits): string =>
  [
    services === 1 ? 'One service behind a gateway.' : 'Several services behind one endpoint.',
    ...(prefixes.length === 0 ? [] : [aboutNames(prefixes)]),
    ...(hasAccounts ? [ABOUT_LINKS] : []),
  ].join(' ');

interface EndpointTraits {
  readonly services: number;
  /** With which the names of tools and prompts begin, one for each service; none: with nothing. */
  readonly prefixes: readonly string[];
  /** Some service wants the account of its user. */
  readonly hasAccounts: boolean;
}

const MAX_NAMED = 20;

function aboutNames(prefixes: readonly string[]): string {
  const named = prefixes.slice(0, MAX_NAMED).join(', ');
  const more = prefixes.length > MAX_NAMED ? ' and so on' : '';
  return `The beginning of a tool's or prompt's name says which service it belongs to: ${named}${more}.`;
}
