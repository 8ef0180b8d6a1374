import type { ProvenIdentity } from '../accounts/account.store.js';
import type { AttemptState } from './attempt.js';

/** Who the person is at each provider that was visited in an attempt. */
export const provenIdentities = (legs: AttemptState['legs']): readonly ProvenIdentity[] =>
  Object.entries(legs).flatMap(([provider, outcome]) =>
    outcome.kind === 'done' ? [{ provider, identity: outcome.identity }] : [],
  );
