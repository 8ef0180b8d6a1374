import type { Changes } from '../configuration.fixture.js';
import type { Row } from './row.fixture.js';

const POLICIES = 'incomingAuth.authz.policies';
const PERMIT = 'permit(principal, action, resource);';
/** The document with these policies. */
export const withPolicies = (policies: readonly string[], more: object = {}): Changes => ({
  incomingAuth: { type: 'oidc', authz: { policies, ...more } },
});
const forbid = (condition: string): Changes =>
  withPolicies([PERMIT, `forbid(principal, action, resource) when { ${condition} };`]);

const LIMIT = { name: 'all', maxTokens: 10, refillPeriod: '1m' };

/** Policies, limits, and scopes that calls need. */
export const AUTHORIZATION_ROWS: readonly Row[] = [
  ['a policy that cannot be parsed', withPolicies(['permit(principal action);']), `${POLICIES}[0]`, /line 1/],
  ['no policy', withPolicies([]), POLICIES, /no policy/],
  [
    'a policy with a slot',
    withPolicies(['permit(principal == ?principal, action, resource);']),
    `${POLICIES}[0]`,
    /slot/,
  ],
  [
    'an action that there is not',
    withPolicies(['permit(principal, action == Action::"call_tools", resource);']),
    `${POLICIES}[0]`,
    /call_tools/,
  ],
  [
    'a misspelt attribute, which would make a forbid do nothing',
    withPolicies([
      PERMIT,
      'forbid(principal, action == Action::"call_tool", resource) when { resource.readonlyHint };',
    ]),
    `${POLICIES}[1]`,
    /readonlyHint/,
  ],
  [
    'a forbid that fails where an argument is absent',
    forbid('context.arg_amount > 100'),
    `${POLICIES}[1]`,
    /has arg_amount/,
  ],
  [
    'a forbid that fails where a claim is absent',
    forbid('principal.claim_department == "sales"'),
    `${POLICIES}[1]`,
    /claim_department/,
  ],
  [
    'an argument that is two things at once',
    forbid('context has arg_a && (context.arg_a == "x" || context.arg_a > 1)'),
    `${POLICIES}[0]`,
    /arg_a as Long and as String/,
  ],
  [
    'two policies of one id',
    withPolicies([`@id("a") ${PERMIT}`, `@id("a") ${PERMIT}`]),
    `${POLICIES}[1]`,
    /@id "a"/,
  ],
  [
    'entities that are none',
    withPolicies([PERMIT], { entitiesJson: '{}' }),
    'incomingAuth.authz.entitiesJson',
    /not a list/,
  ],
  [
    'entities in two places',
    withPolicies([PERMIT], { entitiesJson: '[]', entitiesFile: 'entities.json' }),
    'incomingAuth.authz.entitiesFile',
    /one of the two/,
  ],
  [
    'a type of groups that is the gateway’s own',
    withPolicies([PERMIT], { groupEntityType: 'Tool' }),
    'incomingAuth.authz.groupEntityType',
  ],
  [
    'scopes of no tool',
    { 'backends.0.toolScopes': [{ tools: [], scopes: ['repos:write'] }] },
    'backends[0].toolScopes[0].tools',
    /no tools/,
  ],
  [
    'no scopes of tools',
    { 'backends.0.toolScopes': [{ tools: ['a'], scopes: [] }] },
    'backends[0].toolScopes[0].scopes',
    /no scopes/,
  ],
  [
    'two limits of one name',
    { 'rateLimiting.limits': [LIMIT, LIMIT] },
    'rateLimiting.limits[1].name',
    /Two limits/,
  ],
  [
    'a limit in no time',
    { 'rateLimiting.limits': [{ ...LIMIT, refillPeriod: '1ms' }] },
    'rateLimiting.limits[0].refillPeriod',
    /1s to 24h/,
  ],
  [
    'a limit of a backend that there is not',
    { 'rateLimiting.limits': [{ ...LIMIT, backends: ['repo'] }] },
    'rateLimiting.limits[0].backends[0]',
    /no backend/,
  ],
  [
    'a limit of no tools',
    { 'rateLimiting.limits': [{ ...LIMIT, tools: [] }] },
    'rateLimiting.limits[0].tools',
    /counts nothing/,
  ],
];
