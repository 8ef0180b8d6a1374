import { declined } from '../refusals/connect-prompt.js';
import type { RequestStates } from '../refusals/request-state.js';
import type { Call } from './call.js';

/** Questions that the gateway asked a client's user in an earlier answer (MCP 2026-07-28, multi round-trip requests). */
export class OwnQuestions {
  constructor(
    private readonly states: RequestStates,
    private readonly providersOf: (backend: string) => readonly string[],
  ) {}

  /** Whether the user was asked to connect a provider of the backend, and said no. */
  wereDeclined({ message, principal, target }: Call, backend: string): boolean {
    const { params } = message;
    const state = this.states.ownIn(params);
    if (state === undefined) return false;
    const asked = { principalKey: principal.key, name: target.name ?? '' };
    const responses = params.get('inputResponses')?.object();
    return (
      this.states.verifies(state, asked) &&
      this.providersOf(backend).some((provider) => declined(responses, provider))
    );
  }

  /** The call as its backend may see it: our question is not its business. */
  takenOut(call: Call): Call {
    const { message } = call;
    if (this.states.ownIn(message.params) === undefined) return call;
    const params = message.params.without('requestState', 'inputResponses');
    return { ...call, message: { ...message, params } };
  }
}
