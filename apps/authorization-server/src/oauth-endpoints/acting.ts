import type { Act } from './delegation.js';

/** By the token that is being made. */
const acts = new WeakMap<object, Act>();

export const noteAct = (token: object, act: Act): void => {
  acts.set(token, act);
};

/** What a token says of who acts: right before it is signed. */
export function actClaim(token: object): { readonly act?: Act } {
  const act = acts.get(token);
  return act === undefined ? {} : { act };
}
