import { entitiesInOnePlace } from './checks.js';
import { checkedBlock, choice, list, text } from './fields.js';
import { callersToolScopes } from './tool-scopes-fields.js';

/** Policies in Cedar: who may call what. */
export const authz = checkedBlock(
  'Policies in Cedar that decide who may call which tool, use which prompt and read which resource (`docs/authorization.md`). With policies, what no policy permits does not exist for the caller. Left out: every caller may do everything.',
  {
    type: choice(['cedar', 'none'], '`none`: the policies are not looked at.').default('cedar'),
    policies: list(text('policyText', 'One policy or several.'), 'Policies.').default([]),
    policiesFile: text(
      'filePath',
      'File with further policies; a relative path starts at the folder of the configuration. The proxy reads it at its start, `gatehouse validate` and `gatehouse migrate` read it as well.',
    ).exactOptional(),
    entitiesJson: text(
      'json',
      'Entities that policies know beside those of the request, in the JSON form of Cedar: groups of tools, groups of groups, attributes.',
    ).exactOptional(),
    entitiesFile: text('filePath', 'The same as a file, instead.').exactOptional(),
    groupClaimName: text('groupClaim', 'Claim of the caller’s token with the groups of the person.').default(
      'groups',
    ),
    groupClaimFallbacks: list(
      text('groupClaim', 'A claim.'),
      'Claims in the place of `groupClaimName` where a token does not have it: the first that it has.',
    ).default([]),
    roleClaimName: text('groupClaim', 'A second claim whose values are groups as well.').exactOptional(),
    groupEntityType: text('entityType', 'Entity type of these groups in policies.').default('Group'),
  },
  entitiesInOnePlace,
);

/** Scopes of the caller's token that calls of a backend need. */
export const scopeFields = {
  requiredScopes: list(
    text('scope', 'One scope.'),
    'Scopes of the caller’s token that every call of this backend needs. A call without them is refused with 403 and `insufficient_scope`; the client signs in again for them. Lists show the backend’s tools to everybody.',
  ).default([]),
  toolScopes: callersToolScopes.default([]),
};
