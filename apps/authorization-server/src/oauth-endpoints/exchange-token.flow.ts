import { Inject, Injectable } from '@nestjs/common';
import type { ExchangeGrant } from '@gatehouse/config/model/client-grants';
import { SCOPES_OF_PEOPLE } from '@gatehouse/config/model/client-grants';
import { grantOf } from '@gatehouse/config/model/client-limits';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import { resolveRequestedResources } from 'oidc-provider/lib/helpers/grants.js';
import { OwnAccessTokens, type OwnAccessToken } from './own-access-tokens.flow.js';
import { SessionStore } from '../sessions/session.store.js';
import { noteDelegation } from './acting.js';
import { actorsIn, delegation, type Verdict } from './delegation.js';
import { EXCHANGE_PARAMETERS, exchangeRequest } from './exchange-request.js';
import { heldBy, isHeld, issueAccessToken, type Held } from './issue-access-token.flow.js';

type Context = TokenEndpointGrantContext;

/** A token of a person, as somebody presents it who acts for them. */
interface Subject extends OwnAccessToken {
  readonly tsid: string;
}

const REFUSALS = {
  invalid_target: errors.InvalidTarget,
  invalid_request: errors.InvalidRequest,
} as const;

/**
 * Gives a client that acts for people a token with less in it than theirs (RFC 8693). Its session is theirs: what they sign out of, it
 * is signed out of, and what is theirs at a backend, it gets.
 */
@Injectable()
export class ExchangeToken {
  constructor(
    private readonly tokens: OwnAccessTokens,
    private readonly sessions: SessionStore,
    private readonly audit: AuditLog,
    @Inject(CONFIG)
    private readonly config: Pick<AuthorizationServerPart, 'clientRegistration' | 'resourceUrl'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Where no client may, the grant is unknown, and the metadata does not name it. */
  registerIn(provider: Provider): void {
    if (!this.config.clientRegistration.clients.some(({ tokenExchange }) => tokenExchange !== undefined))
      return;
    const repeated = ['resource'];
    provider.registerGrantType(
      TOKEN_EXCHANGE_GRANT,
      async (ctx) => {
        await this.#exchange(ctx);
      },
      EXCHANGE_PARAMETERS,
      repeated,
    );
  }

  async #exchange(ctx: Context): Promise<void> {
    const { provider, client, params } = ctx.oidc;
    const held = await heldBy(ctx);
    const grant = this.#grantOf(client.clientId);
    const request = exchangeRequest(params);
    const subject = await this.#subject(request.subjectToken, held);
    const actor = await this.#actor(request.actorToken, held, client.clientId, grant);
    // Its own error where there are two, or none that there is.
    const [target] = await resolveRequestedResources(provider, ctx);
    if (target === undefined) throw new errors.InvalidTarget('resource is missing');
    const resource = target.identifier();
    const asked = { actor, resource, scopes: askedScopes(ctx) };
    const verdict = delegation(subject, asked, grant, this.config.resourceUrl);
    if (verdict.kind === 'refused') throw refusal(verdict, asked.scopes);
    const expiresIn = await this.#lifetime(subject, grant);
    await issueAccessToken(ctx, {
      ...{ target, expiresIn, held, scopes: verdict.scopes },
      accountId: subject.sub,
      tsid: subject.tsid,
      gty: 'token_exchange',
      note: (token) => {
        noteDelegation(token, verdict.act, subject);
      },
      said: { issuedTokenType: TOKEN_TYPES.access_token },
    });
    this.audit.write('token-exchanged', {
      subject: subject.sub,
      clientId: client.clientId,
      session: sha256(subject.tsid),
      actors: actorsIn(verdict.act).join(' '),
      resource,
      scope: verdict.scopes.join(' '),
    });
  }

  #grantOf(clientId: string): ExchangeGrant {
    const grant = grantOf('tokenExchange', clientId, this.config);
    // The library has looked at the grants of the client's record.
    if (grant === undefined) throw new errors.UnauthorizedClient('this client does not act for people');
    return grant;
  }

  /** @throws {errors.InvalidRequest} section 2.2.2 */
  async #subject(presented: string, held: Held): Promise<Subject> {
    const subject = await this.tokens.current(presented);
    const tsid = subject?.tsid;
    if (subject === undefined || tsid === undefined || !isHeld(subject.cnf, held))
      throw new errors.InvalidRequest('subject_token is no token of a person that is good here');
    return { ...subject, tsid };
  }

  /** @throws {errors.InvalidRequest} section 2.2.2 */
  async #actor(
    presented: string | undefined,
    held: Held,
    clientId: string,
    { actors }: ExchangeGrant,
  ): Promise<string> {
    if (presented === undefined) return clientId;
    const actor = await this.tokens.current(presented);
    const isAllowed = actor !== undefined && (actor.sub === clientId || actors.includes(actor.sub));
    if (!isAllowed || actor.tsid !== undefined || !isHeld(actor.cnf, held))
      throw new errors.InvalidRequest('actor_token is no token of a client that may act here');
    return actor.sub;
  }

  /** In seconds. A token ends with its session, and before the one that it was made of. */
  async #lifetime({ tsid, exp }: Subject, { lifespanMs }: ExchangeGrant): Promise<number> {
    const nowMs = this.clock.nowMs();
    const endsAtMs = Math.min((await this.sessions.endOf(tsid)) ?? 0, exp * SECOND_MS);
    const left = Math.floor(Math.min(lifespanMs, endsAtMs - nowMs) / SECOND_MS);
    if (left < 1) throw new errors.InvalidRequest('subject_token ends at this moment');
    return left;
  }
}

/** Scopes of people count for none, as in a client's own token. */
const askedScopes = ({ oidc }: Context): readonly string[] =>
  [...oidc.requestParamScopes].filter((scope) => scope !== '' && !SCOPES_OF_PEOPLE.includes(scope));

function refusal(
  { error, why }: Extract<Verdict, { kind: 'refused' }>,
  scopes: readonly string[],
): errors.OIDCProviderError {
  return error === 'invalid_scope'
    ? new errors.InvalidScope(why, scopes.join(' '))
    : new REFUSALS[error](why);
}
