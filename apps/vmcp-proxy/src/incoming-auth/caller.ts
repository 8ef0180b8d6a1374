import type { IncomingAuth } from '@gatehouse/config/model/incoming-auth';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log, LogFields } from '@gatehouse/observability/log';
import { presentedToken, type AuthorizedRequest } from './bearer-token.js';
import { basicScopes, type ChallengeReason, type ChallengeStatus } from './challenge.js';
import { IncompleteAnswer } from './incomplete-answer.js';
import { ANONYMOUS, type Principal } from './principal.js';
import type { OpenSession, SessionViews } from './session-views.client.js';
import type { TokenVerifier } from './token-verifier.js';

export type Caller =
  | { readonly kind: 'principal'; readonly principal: Principal }
  | { readonly kind: 'challenge'; readonly status: ChallengeStatus; readonly reason: ChallengeReason }
  /** The caller cannot be verified now. A later request may succeed; another sign-in does not help. */
  | { readonly kind: 'unavailable' };

const SAID_EVERY_MS = 10 * SECOND_MS;

const challenged = (status: ChallengeStatus, reason: ChallengeReason): Caller => ({
  kind: 'challenge',
  status,
  reason,
});

/** Identifies callers; at once where everything it needs is remembered. */
export class Callers {
  readonly #scopes: readonly string[];
  /** By kind: what one caller's token is like must not keep away that nobody can be verified. */
  readonly #saidAtMs = { incomplete: -Infinity, unavailable: -Infinity };

  constructor(
    incomingAuth: IncomingAuth<unknown>,
    /** Absent with anonymous callers. */
    private readonly verifier: Pick<TokenVerifier, 'verify'> | undefined,
    /** Absent when the issuer is not the embedded one: then there are no sessions to look up. */
    private readonly sessions: SessionViews | undefined,
    private readonly log: Pick<Log, 'warn' | 'failure'>,
  ) {
    this.#scopes = incomingAuth.type === 'oidc' ? basicScopes(incomingAuth.oidc.scopes) : [];
  }

  /** @param audience of the endpoint: a token for another one is no token here (RFC 8707, section 2; RFC 9068, section 4). */
  identify(request: AuthorizedRequest, audience: string | undefined): Caller | Promise<Caller> {
    if (this.verifier === undefined) return { kind: 'principal', principal: ANONYMOUS };
    // Without one, no audience would be looked for.
    if (audience === undefined || audience === '') throw new Error('an endpoint has no audience');
    const presented = presentedToken(request);
    if (presented.kind === 'none') return challenged(401, 'no_token');
    if (presented.kind === 'malformed') return challenged(400, 'invalid_request');
    const verified = this.verifier.verify(presented.token, audience);
    if (verified instanceof Promise) return this.#later(verified);
    return this.#admit(verified);
  }

  async #later(verifying: Promise<Principal>): Promise<Caller> {
    try {
      return await this.#admit(await verifying);
    } catch (error) {
      return this.#refusal(error);
    }
  }

  #admit(principal: Principal): Caller | Promise<Caller> {
    if (!this.#scopes.every((scope) => principal.scopes.has(scope)))
      return challenged(403, 'insufficient_scope');
    if (this.sessions === undefined) return { kind: 'principal', principal };
    // Every token of the embedded issuer belongs to a session; one without could never be signed out.
    if (principal.tsid === undefined) return challenged(401, 'invalid_token');
    const view = this.sessions.view(principal.tsid);
    if (view instanceof Promise)
      return view.then(
        (open) => this.#admitTo(open, principal),
        (error: unknown) => this.#refusal(error),
      );
    return this.#admitTo(view, principal);
  }

  /** Everything that belongs to a person is found by the token's subject, and what the vault releases by the session. */
  #admitTo(session: OpenSession | undefined, principal: Principal): Caller {
    if (session === undefined) return challenged(401, 'invalid_token');
    if (session.accountId === principal.subject) return { kind: 'principal', principal };
    this.log.warn('session-of-another-account', { tsid: principal.tsid, clientId: principal.clientId });
    return challenged(401, 'invalid_token');
  }

  /** Nobody gets in while callers cannot be verified. Whoever runs this reads why; a flood of callers is no flood of lines. */
  #refusal(error: unknown): Caller {
    const failure = GatehouseError.from(error);
    if (failure instanceof IncompleteAnswer)
      this.#say('incomplete', { errorCode: failure.code, reason: failure.message });
    if (failure.code === 'token_invalid' || failure.code === 'session_closed')
      return challenged(401, 'invalid_token');
    this.#say('unavailable', failure);
    return { kind: 'unavailable' };
  }

  #say(kind: 'incomplete' | 'unavailable', why: GatehouseError | LogFields): void {
    const nowMs = Date.now();
    if (nowMs - this.#saidAtMs[kind] < SAID_EVERY_MS) return;
    this.#saidAtMs[kind] = nowMs;
    if (why instanceof GatehouseError) this.log.failure('callers-not-verified', why);
    else this.log.warn('callers-not-verified', why);
  }
}
