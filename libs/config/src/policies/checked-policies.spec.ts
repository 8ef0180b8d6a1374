import { describe, expect, test } from '@jest/globals';
import { load, modelOf, problemsOf } from '../configuration.fixture.js';
import { withPolicies } from '../rules/authorization-rows.fixture.js';
import { checkedPolicies } from './checked-policies.js';

const messagesOf = (policies: readonly string[], more: object = {}): readonly string[] =>
  problemsOf(withPolicies(policies, more)).map(({ message }) => message);

describe('policies of the seed system can be read', () => {
  test.each([
    ['a tool', 'permit(principal, action == Action::"call_tool", resource == Tool::"weather");'],
    ['a caller', 'permit(principal == Client::"alice", action, resource);'],
    [
      'a list of actions',
      'permit(principal, action in [Action::"get_prompt", Action::"read_resource"], resource);',
    ],
    [
      'a claim that is not asked for first',
      'permit(principal, action, resource) when { principal.claim_roles.contains("dev") };',
    ],
    ['a claim in the context', 'permit(principal, action, resource) when { context.claim_name == "Alice" };'],
    [
      'an argument',
      'permit(principal, action == Action::"call_tool", resource) when { context.arg_city == "Rome" };',
    ],
    [
      'an argument at the resource',
      'permit(principal, action == Action::"call_tool", resource) when { resource.arg_city == "Rome" };',
    ],
    [
      'annotations',
      'permit(principal, action == Action::"call_tool", resource) when { resource has readOnlyHint && resource.readOnlyHint };',
    ],
  ])('%s', (_name, policy) => {
    expect(messagesOf([policy])).toEqual([]);
  });

  test('groups of its type', () => {
    const policy = 'permit(principal in THVGroup::"engineering", action, resource);';
    expect(messagesOf([policy], { groupEntityType: 'THVGroup' })).toEqual([]);
    expect(messagesOf([policy])[0]).toContain('THVGroup');
  });
});

test('entities of the operator bring their types', () => {
  const entitiesJson = JSON.stringify([
    { uid: { type: 'Tool', id: 'repos_search' }, parents: [{ type: 'ToolGroup', id: 'safe' }] },
    { uid: { type: 'Client', id: 'alice' }, attrs: { level: 3 } },
  ]);
  const policy =
    'permit(principal, action, resource in ToolGroup::"safe") when { principal has level && principal.level > 2 };';
  expect(messagesOf([policy], { entitiesJson })).toEqual([]);
  expect(messagesOf([policy])).not.toEqual([]);
});

test('types of claims and arguments follow from how policies use them', () => {
  const text = `permit(principal, action == Action::"call_tool", resource) when {
    context.arg_amount < 100 && context.arg_dry && ["a"].contains(context.arg_one) && context.arg_all.containsAll(["x"])
      && context.arg_like like "a*" && principal.claim_level == 3 && !principal.claim_guest };`;
  const { used, findings } = checkedPolicies({
    sources: [{ path: [], text }],
    groupClaims: ['groups'],
    groupClaimFallbacks: [],
    groupEntityType: 'Group',
  });
  expect(findings).toEqual([]);
  expect(Object.fromEntries([...used.types].map(([name, types]) => [name, [...types].join()]))).toEqual({
    arg_amount: 'Long',
    arg_dry: 'Boolean',
    arg_one: 'String',
    arg_all: 'Set',
    arg_like: 'String',
    claim_level: 'Long',
    claim_guest: 'Boolean',
  });
});

test('only the proxy, and checks of the whole, have policies', () => {
  const changes = withPolicies(['permit(principal, action, resource);']);
  for (const part of ['vmcp-proxy', 'all', 'none'] as const)
    expect(modelOf(changes, part).callPolicies?.sources).toHaveLength(1);
  for (const part of ['authorization-server', 'token-vault'] as const)
    expect(modelOf(changes, part).callPolicies).toBeUndefined();
  const off = { incomingAuth: { type: 'oidc', authz: { type: 'none', policies: ['nonsense'] } } };
  expect(load(off).ok).toBe(true);
});

test('a file of policies that cannot be read is a problem of its field', () => {
  const changes = withPolicies([], { policiesFile: 'policies.cedar' });
  expect(problemsOf(changes).map(({ path }) => path)).toContain('incomingAuth.authz.policiesFile');
});
