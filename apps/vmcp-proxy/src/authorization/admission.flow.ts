import type { RawObject } from '../json/raw-json.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { CallPolicy, Verdict } from './call-policy.js';
import type { Limited, RateLimits } from './rate-limits.flow.js';
import type { RequiredScopes } from './required-scopes.js';
import type { Thing } from './things.js';

/** Why a call is not made. */
export type Refusal =
  | Exclude<Verdict, { readonly kind: 'allowed' }>
  /** The token needs these scopes. */
  | { readonly kind: 'scopes'; readonly scopes: readonly string[] }
  | Limited;

/** A call, as far as it matters whether it may be made. */
export interface Admittable {
  readonly principal: Principal;
  readonly thing: Thing;
  readonly params: RawObject;
  /** It is the entry that a backend has in lists while it cannot be listed. */
  readonly isStandIn: boolean;
  /** It helps to write arguments, or goes on with what was called: some of them have to be allowed. */
  readonly hasNoArguments: boolean;
  /** It goes on and was counted when it began, or it calls nothing. */
  readonly isCounted: boolean;
  /** It follows a task. The call that made it was counted for its tool; what it asks of the backend is counted each time. */
  readonly isAboutTask?: boolean;
}

/** Whether calls may be made. What no policy permits is not there, whatever scopes the token has. */
export class Admission {
  constructor(
    private readonly policy: Pick<CallPolicy, 'decide' | 'mayBe' | 'mayBeAtBackend'> | undefined,
    private readonly scopes: Pick<RequiredScopes, 'lacking'> | undefined,
    private readonly limits: Pick<RateLimits, 'take'> | undefined,
  ) {}

  /** What no policy permits looks like what does not exist. */
  get hides(): boolean {
    return this.policy !== undefined;
  }

  /** @returns `undefined`: it may. @throws {RefusedJson} when its arguments are more than anybody reads. */
  refusalOf(call: Admittable): Refusal | undefined | Promise<Refusal | undefined> {
    const verdict = this.#verdict(call);
    if (verdict !== undefined && verdict.kind !== 'allowed') return verdict;
    const scopes = this.scopes?.lacking(call.principal, call.thing);
    if (scopes !== undefined) return { kind: 'scopes', scopes };
    return call.isCounted ? undefined : this.limits?.take(call.principal, call.thing, call.isAboutTask);
  }

  #verdict({ principal, thing, params, hasNoArguments, isStandIn }: Admittable): Verdict | undefined {
    if (this.policy === undefined) return undefined;
    // Who is shown it can call it.
    if (isStandIn) return this.policy.mayBeAtBackend(principal, thing) ? undefined : { kind: 'unknown' };
    if (!hasNoArguments) return this.policy.decide(principal, thing, params);
    return this.policy.mayBe(principal, thing) ? undefined : { kind: 'unknown' };
  }
}
