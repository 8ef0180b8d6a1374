import { checkedPolicies } from '../policies/checked-policies.js';
import type { Rule } from './rule.js';

/** Policies can be parsed, and name and compare only what there is. */
export const policies: Rule = ({ callPolicies }) => {
  if (callPolicies === undefined) return [];
  const { sources } = callPolicies;
  const { policies: read, findings } = checkedPolicies(callPolicies);
  // A file that cannot be read is reported already.
  const isUnread = sources.some(({ text }) => text === '');
  if (read.length > 0 || findings.length > 0 || isUnread) return findings;
  return [
    {
      path: sources[0]?.path ?? ['incomingAuth', 'authz', 'policies'],
      message: 'There is no policy, so that nobody could do anything. Write policies, or leave authz out.',
    },
  ];
};
