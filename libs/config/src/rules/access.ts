import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Access } from '../model/access.js';
import type { AuthServer } from '../model/auth-server.js';
import {
  ADMINISTER,
  checkedAccess,
  isTypeOfGroups,
  SIGN_IN,
  type AccessAction,
} from '../policies/checked-access.js';
import { saysNothing } from './claim-mappings.js';
import type { Rule } from './rule.js';

/** Policies about people can be parsed, name and compare only what there is, and permit somebody. */
export const access: Rule = ({ authServer }) =>
  authServer === undefined
    ? []
    : [
        ...accessFindings(authServer, authServer.access, ['authServer', 'access'], SIGN_IN),
        ...accessFindings(
          authServer,
          authServer.administration?.access,
          ['authServer', 'administration', 'access'],
          ADMINISTER,
        ),
      ];

const DOES: Readonly<Record<AccessAction, string>> = { sign_in: 'sign in', administer: 'administer' };

function accessFindings(
  authServer: AuthServer<unknown>,
  written: Access | undefined,
  place: Path,
  action: AccessAction,
): readonly Finding[] {
  if (written === undefined) return [];
  const { groupEntityType, from } = written;
  const ofPrimary = saysNothing(authServer, from, [...place, 'from']);
  if (!isTypeOfGroups(groupEntityType))
    return [
      ...ofPrimary,
      {
        path: [...place, 'groupEntityType'],
        message: `${groupEntityType} is a type of the gateway’s own.`,
        instead: 'another name',
      },
    ];
  if (written.policies === undefined) return ofPrimary;
  const { policies, findings } = checkedAccess(written.policies, groupEntityType, action);
  if (findings.length > 0 || policies.some(({ json }) => json.effect === 'permit'))
    return [...ofPrimary, ...findings];
  return [
    ...ofPrimary,
    {
      path: [...place, 'policies'],
      message: `No policy permits anything, so that nobody could ${DOES[action]}. Write a permit, or leave access out.`,
    },
  ];
}
