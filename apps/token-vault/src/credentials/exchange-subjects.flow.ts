import { Inject, Injectable } from '@nestjs/common';
import type { TokenSubject } from '@gatehouse/config/model/token-subject';
import type { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import { CLOCK_TOLERANCE_SECONDS, type Clock } from '@gatehouse/kernel/clock';
import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, ConnectionId, SessionId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { NOBODY } from '@gatehouse/persistence/custody-log/custody-entry';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { Connection } from '../connections/connection.js';
import type { ConnectionRow } from '../connections/connection-row.js';
import { SessionStore } from '../connections/session.store.js';
import { BusKeys } from '../keyring/bus-keys.flow.js';
import type { TokenSet } from '../providers/token-answer.js';
import { WAITS } from '../refresh/current-tokens.flow.js';
import { SubjectTokens } from './subject-tokens.flow.js';

type Request = z.output<typeof credentialExchange.request>;

/** What has to be known of a request to find a subject for it. */
type Asking = Pick<Request, 'tsid' | 'backend' | 'sealedSubject'>;

type OfProvider = Extract<TokenSubject, { of: 'provider' }>;

/** For whom a token is issued. `id` changes whenever a cached result must not be used any more. */
export interface ExchangeSubject {
  /** Who asks. */
  readonly accountId: AccountId;
  /** Whose cached result it is; absent: the account's. */
  readonly cachedFor?: AccountId;
  readonly id: readonly string[];
  readonly tsid?: SessionId;
  readonly connectionId?: ConnectionId;
  readonly connection?: Pick<ConnectionRow, 'version' | 'connectedAtMs'>;
  readonly provider?: string;
  /** The subject token itself; asked for only when nothing is cached. `undefined`: the endpoint is shown none. */
  readonly token: () => Promise<SubjectToken | undefined>;
}

export interface SubjectToken {
  readonly token: string;
  /** Of the access token that it came with. Absent: it is the caller's own, which only the caller can renew. */
  readonly digest?: string;
  /** Who acts for the subject. */
  readonly actor?: Omit<SubjectToken, 'actor'>;
}

/** A subject token that the endpoint refused. */
export interface RefusedSubject {
  /** Of the access token that it came with. */
  readonly digest: string | undefined;
  /** The same of the actor's token, where one was shown. */
  readonly actorDigest?: string | undefined;
  /** The endpoint may have refused something else. */
  readonly unclear: boolean;
}

/** In the place of an account. */
const GATEWAY = NOBODY as AccountId;
/** In the custody log: a client came for itself. */
export const NO_SESSION = NOBODY as SessionId;

const NO_ID_TOKEN = 'the provider gave no id_token to exchange';

const sealedSubject = z.strictObject({ subjectToken: z.string().min(1).max(32_768) });
const callerClaims = z.looseObject({
  sub: z.string(),
  tsid: z.string(),
  exp: z.number(),
  client_id: z.string().optional(),
  scope: z.string().optional(),
  /** RFC 8693, section 4.1: who acts for the person. */
  act: z.unknown().optional(),
});

/** Finds for whom a token is issued (RFC 8693 section 2.1): a stored token, the caller's own Gatehouse token, or the gateway. */
@Injectable()
export class ExchangeSubjects {
  constructor(
    private readonly subjects: SubjectTokens,
    private readonly sessions: SessionStore,
    private readonly busKeys: BusKeys,
    private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async of(request: Asking, subject: TokenSubject): Promise<ExchangeSubject> {
    switch (subject.of) {
      case 'provider':
        return await this.#stored(request, subject);
      case 'caller':
        return await this.#caller(request);
      case 'gateway':
        return await this.#gateway(request);
    }
  }

  async #stored({ tsid, backend }: Asking, subject: OfProvider): Promise<ExchangeSubject> {
    const bound = await this.subjects.bound(sessionIn(tsid), subject.providerName);
    return this.#ofConnection(bound.connection, subject, backend);
  }

  /**
   * The same subject with newer tokens, since the endpoint refused the old one: its end may be unknown, or it was revoked.
   * @returns `undefined` when there is nothing newer: the token is a moment old, or it is the caller's own, or nothing can
   * renew it and the endpoint does not say that it is about the token. A new sign-in might end as this one, again and again.
   * @throws {GatehouseError} `reauth_required` when the provider gives none any more
   */
  async renewed(
    { tsid, backend }: Asking,
    subject: TokenSubject,
    { digest: refused, unclear }: RefusedSubject,
  ): Promise<ExchangeSubject | undefined> {
    if (subject.of !== 'provider' || refused === undefined) return undefined;
    const { providerName: provider } = subject;
    const { connection: bound } = await this.subjects.bound(sessionIn(tsid), provider);
    const isRenewable = bound.refreshToken() !== undefined;
    const { connection, tokens } = await this.subjects.tokens(
      bound,
      unclear && !isRenewable ? undefined : refused,
    );
    if (equalsInConstantTime(sha256(tokens.accessToken), refused)) return undefined;
    this.log.info('exchange-subject-renewed', { backend, provider, connectionId: connection.id });
    return this.#ofConnection(connection, subject, backend);
  }

  #ofConnection(connection: Connection, subject: OfProvider, backend: string): ExchangeSubject {
    const { accountId, provider, id, row } = connection;
    if (row.state === 'reauth_required') throw this.subjects.needsUser(connection, WAITS);
    return {
      accountId,
      provider,
      id: ['connection', id, String(row.version)],
      connectionId: id,
      connection: row,
      token: async () => {
        const { connection: now, tokens } =
          subject.mustLive === true
            ? await this.subjects.withLivingIdToken(connection)
            : await this.subjects.tokens(connection);
        // Its person has connected another account meanwhile. What is released is called the one that it was asked for.
        if (now.row.connectedAtMs !== row.connectedAtMs)
          throw new GatehouseError('unavailable', 'another account was connected meanwhile');
        return { token: this.#shown(tokens, subject, backend), digest: sha256(tokens.accessToken) };
      },
    };
  }

  #shown(tokens: TokenSet, { token, providerName: provider }: OfProvider, backend: string): string {
    if (token !== 'id_token') return tokens.accessToken;
    if (tokens.idToken !== undefined) return tokens.idToken;
    const [reference, errorCode, reason] = [newReference(), 'exchange_refused', NO_ID_TOKEN] as const;
    this.log.warn('token-exchange-failed', { backend, provider, reference, errorCode, reason });
    throw new GatehouseError(errorCode, `${provider}: ${reason}`, { details: { provider, reference } });
  }

  /** The proxy has verified the signature. The vault checks again that the token belongs to this session and has not expired. */
  async #caller({ tsid: asked, backend, sealedSubject: sealed }: Asking): Promise<ExchangeSubject> {
    const tsid = sessionIn(asked);
    const accountId = await this.#ownerOf(tsid);
    if (sealed === undefined)
      throw new GatehouseError('request_invalid', 'the caller is the subject, and its token is missing');
    const { subjectToken: token } = await this.busKeys.open(sealedSubject, sealed);
    const claims = claimsOf(token);
    const nowSeconds = this.clock.nowMs() / SECOND_MS;
    if (claims?.tsid !== tsid || claims.sub !== accountId)
      throw this.#noSubject('warn', backend, 'the subject token is not of this session');
    if (claims.exp + CLOCK_TOLERANCE_SECONDS <= nowSeconds)
      throw this.#noSubject('info', backend, 'the subject token has ended');
    const id = ['session', tsid, ...delegateIn(claims)];
    return { accountId, id, tsid, token: () => Promise.resolve({ token }) };
  }

  /** The proxy verifies what it passes on. A token of somebody else is its mistake, or an attack: then it is a warning. */
  #noSubject(level: 'info' | 'warn', backend: string, reason: string): GatehouseError {
    const reference = newReference();
    this.log[level]('caller-not-exchanged', { backend, reference, reason });
    return new GatehouseError('request_invalid', reason, { details: { backend, reference } });
  }

  /**
   * The token is the gateway's own, one for all; it is still given to sessions only, and noted for whom, or to a client that the
   * configuration lets come for itself (`BackendStrategies.admit`).
   */
  async #gateway({ tsid }: Asking): Promise<ExchangeSubject> {
    const accountId = tsid === undefined ? GATEWAY : await this.#ownerOf(tsid);
    return { accountId, cachedFor: GATEWAY, id: ['gateway'], token: () => Promise.resolve(undefined) };
  }

  async #ownerOf(tsid: SessionId): Promise<AccountId> {
    const accountId = await this.sessions.ownerOfOpen(tsid);
    if (accountId === undefined) throw new GatehouseError('session_closed');
    return accountId;
  }
}

/** @throws {GatehouseError} what is asked for is a person's, and nobody is there */
function sessionIn(tsid: SessionId | undefined): SessionId {
  if (tsid === undefined)
    throw new GatehouseError('request_invalid', 'a credential of a person needs a session');
  return tsid;
}

/** What is issued for somebody who acts for the person is neither the person’s nor another delegate’s. */
const delegateIn = ({ act, client_id: clientId, scope }: z.output<typeof callerClaims>): readonly string[] =>
  act === undefined ? [] : ['delegate', JSON.stringify([act, clientId ?? null, scope ?? null])];

function claimsOf(token: string): z.output<typeof callerClaims> | undefined {
  try {
    return callerClaims.safeParse(decodeJwt(token)).data;
  } catch {
    return undefined;
  }
}
