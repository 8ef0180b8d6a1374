import type { Act, Presented } from './delegation.js';

/** What a delegate's token says of the delegation. */
export type Delegation = { readonly act: Act } & Pick<Presented, 'may_act'>;

/** By the token that is being made. */
const delegations = new WeakMap<object, Delegation>();

/**
 * @param subject of which the token is made. Who may act for its person stays as it is (RFC 8693, section 4.4): nobody else comes to act
 * for them by way of whoever does.
 */
export function noteDelegation(
  token: object,
  act: Act,
  { may_act: mayAct }: Pick<Presented, 'may_act'>,
): void {
  delegations.set(token, mayAct === undefined ? { act } : { act, may_act: mayAct });
}

/** Right before it is signed. */
export const delegationClaims = (token: object): Partial<Delegation> => delegations.get(token) ?? {};
