import type { Rule } from './rule.js';
import { emptyLists } from './tool-scopes.js';

/** Scopes for no tool, no scopes for tools, and scopes of tokens that nobody has, are misunderstandings. */
export const scopesOfCalls: Rule = ({ backends, incomingAuth }) =>
  backends.flatMap(({ requiredScopes, toolScopes }, index) => [
    ...toolScopes.flatMap((entry, at) => emptyLists(entry, ['backends', index, 'toolScopes', at])),
    ...(incomingAuth.type === 'anonymous' && requiredScopes.length + toolScopes.length > 0
      ? [
          {
            path: ['backends', index, requiredScopes.length > 0 ? 'requiredScopes' : 'toolScopes'],
            message: 'Anonymous callers have no token, and so no scopes: nobody could call this.',
          },
        ]
      : []),
  ]);
