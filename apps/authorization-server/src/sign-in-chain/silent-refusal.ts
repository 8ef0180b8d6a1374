import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';
import type { Abandonment } from './abandonment.js';
import type { Step } from './next-step.js';

type Asked = Pick<
  AuthorizationRequest,
  'browserAccountId' | 'wantsFreshSignIn' | 'isOfAnother' | 'wantedAccountIds'
>;

/**
 * What a client with `prompt=none` is told that cannot be let through without a page (OpenID Connect Core, section 3.1.2.6). It is
 * let through exactly where its person would see no page either: they are signed in in this browser, no other program can be this
 * client, they approved exactly this, and every connection that the sign-in needs is live and may be used again unasked.
 * @returns `undefined`: nothing has to be asked.
 */
export function silentRefusal(
  { browserAccountId, wantsFreshSignIn, isOfAnother, wantedAccountIds }: Asked,
  step: Step,
  primaryProvider: string,
): Abandonment | undefined {
  if (browserAccountId === undefined) return login('nobody is signed in in this browser');
  if (isOfAnother) return login('somebody else is signed in than id_token_hint says');
  if (wantsFreshSignIn)
    return login('the person signed in longer ago than max_age, or otherwise than acr_values or claims say');
  // A client whom the person has not approved does not hear whether it is them.
  if (wantedAccountIds?.includes(browserAccountId) === false && step.kind !== 'ask-approval')
    return login('somebody else is signed in than claims says');
  switch (step.kind) {
    case 'complete':
      return undefined;
    case 'ask-approval':
      return { refusal: 'consent_required', description: 'the person has not approved exactly this' };
    case 'confirm-client':
      return interaction('another program could be this client, so that the person is asked each time');
    case 'confirm-reuse':
      return interaction('the person is asked before connections are used again');
    case 'visit':
      return step.provider === primaryProvider
        ? login('the person has to sign in at the primary provider')
        : interaction('an account has to be connected');
    case 'refuse':
      return interaction('a provider refused, and the person has to say how to go on');
  }
}

const login = (description: string): Abandonment => ({ refusal: 'login_required', description });
const interaction = (description: string): Abandonment => ({
  refusal: 'interaction_required',
  description,
});
