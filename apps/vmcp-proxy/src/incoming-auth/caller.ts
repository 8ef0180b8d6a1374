import type { Proofs } from '@gatehouse/access-tokens/proofs';
import type { IncomingAuth } from '@gatehouse/config/model/incoming-auth';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log, LogFields } from '@gatehouse/observability/log';
import { presentedToken, type AuthorizedRequest } from './bearer-token.js';
import {
  basicScopes,
  schemeOf,
  type ChallengeReason,
  type ChallengeScheme,
  type ChallengeStatus,
} from './challenge.js';
import { IncompleteAnswer } from './incomplete-answer.js';
import { ANONYMOUS, personKey, type Principal } from './principal.js';
import type { OpenSession, SessionViews } from './session-views.client.js';
import type { TokenVerifier } from './token-verifier.js';

export type Caller =
  | { readonly kind: 'principal'; readonly principal: Principal }
  | {
      readonly kind: 'challenge';
      readonly status: ChallengeStatus;
      readonly reason: ChallengeReason;
      readonly scheme: ChallengeScheme;
      /** For the next proof. */
      readonly nonce?: string;
    }
  /** The caller cannot be verified now. A later request may succeed; another sign-in does not help. */
  | { readonly kind: 'unavailable' }
  /** This caller alone, who has sent more than one person may. */
  | { readonly kind: 'limited' };

const SAID_EVERY_MS = 10 * SECOND_MS;

const challenged = (
  status: ChallengeStatus,
  reason: ChallengeReason,
  scheme: ChallengeScheme = 'Bearer',
): Caller => ({ kind: 'challenge', status, reason, scheme });

/** Where a request came to. */
export interface CalledPlace {
  /** A token for another one is no token here (RFC 8707, section 2; RFC 9068, section 4). */
  readonly audience?: string;
  /** What a proof has to name. */
  readonly url: string;
}

/** How a request came here. */
export interface Arrival {
  /** Another replica has taken it, and its proof. */
  readonly isHanded?: boolean;
  /** Thumbprint of the certificate that its client has shown; asked where a token is bound to one. */
  readonly certificate: () => string | undefined;
}

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
    private readonly proofs: Pick<Proofs, 'areRequired' | 'verdictOn' | 'use'>,
    private readonly log: Pick<Log, 'warn' | 'failure'>,
  ) {
    this.#scopes = incomingAuth.type === 'oidc' ? basicScopes(incomingAuth.oidc.scopes) : [];
  }

  identify(request: AuthorizedRequest, place: CalledPlace, arrival: Arrival): Caller | Promise<Caller> {
    if (this.verifier === undefined) return { kind: 'principal', principal: ANONYMOUS };
    const { audience } = place;
    // Without one, no audience would be looked for.
    if (audience === undefined || audience === '') throw new Error('an endpoint has no audience');
    const presented = presentedToken(request);
    if (presented.kind === 'none')
      return challenged(401, 'no_token', this.proofs.areRequired ? 'DPoP' : 'Bearer');
    if (presented.kind === 'malformed') return challenged(400, 'invalid_request');
    const verified = this.verifier.verify(presented.token, audience);
    if (presented.kind === 'dpop') return this.#proven(verified, request, place, arrival);
    if (verified instanceof Promise) return this.#later(verified, arrival);
    return this.#admitBearer(verified, arrival);
  }

  async #later(verifying: Promise<Principal>, arrival: Arrival): Promise<Caller> {
    try {
      return await this.#admitBearer(await verifying, arrival);
    } catch (error) {
      return this.#refusal(error);
    }
  }

  /**
   * A token that is bound is worth nothing alone: whoever stole it has no more (RFC 9449, section 7.1; RFC 8705, section 3). The
   * certificate is that of this request, whatever came with those before.
   */
  #admitBearer(principal: Principal, { certificate }: Arrival): Caller | Promise<Caller> {
    const { boundToCertificate } = principal;
    if (boundToCertificate !== undefined)
      return certificate() === boundToCertificate
        ? this.#admit(principal)
        : challenged(401, 'other_certificate');
    if (principal.boundTo !== undefined || this.proofs.areRequired)
      return challenged(401, 'invalid_token', 'DPoP');
    return this.#admit(principal);
  }

  async #proven(
    verifying: Principal | Promise<Principal>,
    { headers, method = '' }: AuthorizedRequest,
    { url }: CalledPlace,
    { isHanded = false }: Arrival,
  ): Promise<Caller> {
    try {
      const principal = await verifying;
      const { boundTo, token } = principal;
      if (boundTo === undefined || token === undefined) return challenged(401, 'invalid_token', 'DPoP');
      const presented = { proof: headers['dpop'], method, url, token: token.reveal(), boundTo };
      const verdict = await this.proofs.verdictOn(presented);
      if (verdict.kind === 'refused') return challenged(401, 'invalid_dpop_proof', 'DPoP');
      if (verdict.kind === 'nonce')
        return {
          kind: 'challenge',
          status: 401,
          reason: 'use_dpop_nonce',
          scheme: 'DPoP',
          nonce: verdict.nonce,
        };
      const caller = await this.#admit(principal);
      // Another replica has taken the proof of a request that is handed on.
      const isUsed =
        caller.kind === 'principal' &&
        !isHanded &&
        !(await this.proofs.use(boundTo, verdict.jti, personKey(principal)));
      return isUsed ? challenged(401, 'invalid_dpop_proof', 'DPoP') : caller;
    } catch (error) {
      return this.#refusal(error, 'DPoP');
    }
  }

  #admit(principal: Principal): Caller | Promise<Caller> {
    // Who the person is, is no question where there is none, nor one of whoever acts for them.
    const { isClient = false, delegate } = principal;
    const isNoPerson = isClient || (this.sessions !== undefined && delegate !== undefined);
    const needed = isNoPerson ? this.#scopes.filter((scope) => scope !== 'openid') : this.#scopes;
    if (!needed.every((scope) => principal.scopes.has(scope)))
      return challenged(403, 'insufficient_scope', schemeOf(principal));
    if (this.sessions === undefined) return { kind: 'principal', principal };
    // It ends with its token, which lives for minutes, or with its entry in the configuration.
    if (isClient) return { kind: 'principal', principal };
    // Every other token of the embedded issuer belongs to a session; one without could never be signed out.
    if (principal.tsid === undefined) return challenged(401, 'invalid_token', schemeOf(principal));
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
    if (session === undefined) return challenged(401, 'invalid_token', schemeOf(principal));
    if (session.accountId === principal.subject) return { kind: 'principal', principal };
    this.log.warn('session-of-another-account', { tsid: principal.tsid, clientId: principal.clientId });
    return challenged(401, 'invalid_token', schemeOf(principal));
  }

  /** Nobody gets in while callers cannot be verified. Whoever runs this reads why; a flood of callers is no flood of lines. */
  #refusal(error: unknown, scheme: ChallengeScheme = 'Bearer'): Caller {
    const failure = GatehouseError.from(error);
    if (failure instanceof IncompleteAnswer)
      this.#say('incomplete', { errorCode: failure.code, reason: failure.message });
    if (failure.code === 'token_invalid' || failure.code === 'session_closed')
      return challenged(401, 'invalid_token', scheme);
    if (failure.code === 'rate_limited') return { kind: 'limited' };
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
