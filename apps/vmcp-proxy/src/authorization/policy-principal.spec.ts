import { expect, test } from '@jest/globals';
import { policyPrincipal } from './policy-principal.js';

const NAMED = {
  groupClaims: ['groups', 'teams'],
  groupClaimFallbacks: ['roles', 'cognito:groups'],
  groupEntityType: 'Group',
};
const NOTHING_USED = { attributes: new Map<string, ReadonlySet<string>>(), types: new Map<string, never>() };

const groupsOf = (claims: Readonly<Record<string, unknown>>): readonly string[] =>
  policyPrincipal(
    { subject: 'alice', issuer: 'i', clientId: 'c', scopes: new Set(), claims, key: 'k' } as never,
    NOTHING_USED as never,
    NAMED,
  ).entity.parents.map((uid) => ('id' in uid ? uid.id : ''));

test.each([
  ['the first claim that is there names the groups', { roles: ['a'], 'cognito:groups': ['b'] }, ['a']],
  ['the last one does, where no other is there', { 'cognito:groups': ['b'] }, ['b']],
  ['with the claim itself, none of the others is looked at', { groups: ['g'], roles: ['a'] }, ['g']],
  [
    'a claim that is there and empty counts, and nobody is in more groups for it',
    { groups: [], roles: ['admin'] },
    [],
  ],
  ['a second claim counts beside whichever is found', { roles: ['a'], teams: ['t', 'a'] }, ['a', 't']],
  ['without any of them nobody is in a group', { sub: 'alice' }, []],
])('groups: %s', (_title, claims, groups) => {
  expect(groupsOf(claims)).toEqual(groups);
});
