import { Injectable } from '@nestjs/common';
import type { TokenSubject } from '@gatehouse/config/model/token-subject';
import type { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, ConnectionId, SessionId } from '@gatehouse/kernel/ids';
import type { Secret } from '@gatehouse/kernel/secret';
import { Log } from '@gatehouse/observability/log';
import { NOBODY } from '@gatehouse/persistence/custody-log/custody-entry';
import type { z } from 'zod';
import type { Connection } from '../connections/connection.js';
import type { ConnectionRow } from '../connections/connection-row.js';
import { SessionStore } from '../connections/session.store.js';
import type { TokenSet } from '../providers/token-answer.js';
import { WAITS } from '../refresh/current-tokens.flow.js';
import { CallerSubjects } from './caller-subjects.flow.js';
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
  /** What is issued for it is used no longer than that; absent: as long as it lives. */
  readonly endsAtMs?: number;
  /** @throws {GatehouseError} where its token is shown to nobody any more. What was issued for it earlier may still be good. */
  readonly stillLives?: () => void;
  /** With which the caller came, where it is shown to the endpoint: others of the same session come with others. */
  readonly callersToken?: Secret;
  /** The subject token itself; asked for only when nothing is cached. `undefined`: the endpoint is shown none. */
  readonly token: () => Promise<SubjectToken | undefined>;
}

export interface SubjectToken {
  readonly token: string;
  /** Of the access token that it came with. Absent: it is the caller's own, which only the caller can renew. */
  readonly digest?: string;
  /** When it ends, of the caller's own. */
  readonly endsAtMs?: number;
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

/** Finds for whom a token is issued (RFC 8693 section 2.1): a stored token, the caller's own token, or the gateway. */
@Injectable()
export class ExchangeSubjects {
  constructor(
    private readonly subjects: SubjectTokens,
    private readonly sessions: SessionStore,
    private readonly callers: CallerSubjects,
    private readonly log: Log,
  ) {}

  async of(request: Asking, subject: TokenSubject): Promise<ExchangeSubject> {
    switch (subject.of) {
      case 'provider':
        return await this.#stored(request, subject);
      case 'caller':
        return await this.callers.ofSession(sessionIn(request.tsid), request);
      case 'externalCaller':
        return await this.callers.external(request);
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
