import type { LegFailure, SignInState } from '../attempts/attempt.js';
import type { Refusal } from '../oauth-endpoints/authorization-requests.flow.js';

/** What the client is told when the person gives up (RFC 6749, section 4.1.2.1). */
export interface Abandonment {
  readonly refusal: Refusal;
  readonly description: string;
}

/** The client learns which provider failed, and nothing of what that provider said. */
export function abandonmentOf(state: Pick<SignInState, 'legs' | 'refused'>): Abandonment {
  if (state.refused !== undefined) return NOT_ADMITTED;
  for (const [provider, outcome] of Object.entries(state.legs))
    if (outcome.kind === 'failed')
      return {
        refusal: refusalOf(outcome.reason),
        description: `${provider}: ${DESCRIPTIONS[outcome.reason]}`,
      };
  return { refusal: 'access_denied', description: 'The user did not approve the application.' };
}

/** Nothing about which policy: the client is not the operator. */
export const NOT_ADMITTED: Abandonment = {
  refusal: 'access_denied',
  description: 'The person may not sign in here.',
};

const DESCRIPTIONS: Readonly<Record<LegFailure, string>> = {
  denied: 'access was denied there.',
  provider_error: 'the provider answered with an error.',
  provider_unavailable: 'the provider cannot be reached.',
  invalid_response: 'the answer of the provider was not valid.',
  identity_taken: 'that identity belongs to another account here.',
};

function refusalOf(reason: LegFailure): Refusal {
  switch (reason) {
    case 'denied':
    case 'identity_taken':
      return 'access_denied';
    case 'provider_unavailable':
      return 'temporarily_unavailable';
    case 'provider_error':
    case 'invalid_response':
      return 'server_error';
  }
}
