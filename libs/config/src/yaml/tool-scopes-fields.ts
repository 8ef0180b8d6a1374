import { block, list, text } from './fields.js';

const tools = list(
  text('toolPattern', 'Tool, by the name that the backend gives; `*` stands for any characters.'),
  'The tools; at least one.',
);
const scopes = (about: string) => list(text('scope', 'One scope.'), about);

/** Of the caller's token, for calls of some tools of a backend. */
export const callersToolScopes = list(
  block('Scopes that some tools need.', {
    tools,
    scopes: scopes('What calls of them need, beside `requiredScopes`.'),
  }),
  'More scopes for some of its tools; every entry that names a tool counts.',
);

/** Of the token that a strategy has issued, for calls of some tools. */
export const toolScopes = list(
  block('Scopes that calls of some tools need.', {
    tools,
    scopes: scopes('What is asked for beside `scopes`.'),
  }),
  'More scopes for calls of some of the backend’s tools; every entry that names a tool counts. Such a call gets a token of its own, which no other call gets.',
).exactOptional();

const ELSEWHERE = 'tokenExchange, clientCredentials, googleServiceAccount, xaa or obo';

/** Where there are no scopes for each tool, and why. */
export const NO_TOOL_SCOPES = {
  strategy: { toolscopes: `toolScopes inside ${ELSEWHERE}` },
  upstreamInject: {
    toolscopes: `nothing, or ${ELSEWHERE}: a provider’s own token has the scopes that its person agreed to, and is one for all tools`,
  },
  headerInjection: {
    toolscopes: `nothing, or ${ELSEWHERE}: what is configured or entered has no scopes that could be chosen`,
  },
  awsSts: { toolscopes: 'nothing: credentials of AWS have the permissions of their role, and no scopes' },
} as const;
