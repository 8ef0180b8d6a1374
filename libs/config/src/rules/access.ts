import { checkedAccess, isTypeOfGroups } from '../policies/checked-access.js';
import { saysNothing } from './claim-mappings.js';
import type { Rule } from './rule.js';

const PLACE = ['authServer', 'access'] as const;

/** Policies about sign-ins can be parsed, name and compare only what there is, and permit somebody. */
export const access: Rule = ({ authServer }) => {
  const written = authServer?.access;
  if (authServer === undefined || written === undefined) return [];
  const { groupEntityType, from } = written;
  const ofPrimary = saysNothing(authServer, from, [...PLACE, 'from']);
  if (!isTypeOfGroups(groupEntityType))
    return [
      ...ofPrimary,
      {
        path: [...PLACE, 'groupEntityType'],
        message: `${groupEntityType} is a type of the gateway’s own.`,
        instead: 'another name',
      },
    ];
  if (written.policies === undefined) return ofPrimary;
  const { policies, findings } = checkedAccess(written.policies, groupEntityType);
  if (findings.length > 0 || policies.some(({ json }) => json.effect === 'permit'))
    return [...ofPrimary, ...findings];
  return [
    ...ofPrimary,
    {
      path: [...PLACE, 'policies'],
      message:
        'No policy permits anything, so that nobody could sign in. Write a permit, or leave access out.',
    },
  ];
};
