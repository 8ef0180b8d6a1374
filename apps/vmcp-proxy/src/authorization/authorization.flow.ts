import type { VmcpProxyPart } from '@gatehouse/config/parts';
import type { Log } from '@gatehouse/observability/log';
import type { Route } from '../catalog/view.js';
import { Admission } from './admission.flow.js';
import { CallPolicy } from './call-policy.js';
import { RequiredScopes } from './required-scopes.js';
import { PermittedLists } from './permitted-lists.flow.js';
import { EVERYTHING, type Looking, type ShownLists } from './shown-lists.js';

/** Whether a caller may read what a route leads to. */
export type MayRead = (route: Route, looking: Looking) => boolean;

/** Who may do what. */
export interface Authorization {
  /** Absent where everybody may do everything. */
  readonly admission?: Admission;
  readonly shown: ShownLists;
  readonly mayRead: MayRead;
}

type Configured = Pick<VmcpProxyPart, 'name' | 'callPolicies' | 'aggregation' | 'backends'>;

export function authorizationOf(part: Configured, log: Pick<Log, 'warn' | 'error'>): Authorization {
  const { callPolicies } = part;
  const policy = callPolicies === undefined ? undefined : new CallPolicy(callPolicies, part, log);
  const required = new RequiredScopes(part.backends);
  const scopes = required.isNeeded ? required : undefined;
  return {
    ...(policy === undefined && scopes === undefined ? {} : { admission: new Admission(policy, scopes) }),
    shown: policy === undefined ? EVERYTHING : new PermittedLists(policy),
    mayRead: ({ backend, original, definition }, { principal, scope: { place } }) => {
      const thing = {
        action: 'read_resource' as const,
        backend,
        original,
        ...(definition === undefined ? {} : { definition }),
        place,
      };
      return policy?.mayBe(principal, thing) !== false && scopes?.lacking(principal, thing) === undefined;
    },
  };
}
