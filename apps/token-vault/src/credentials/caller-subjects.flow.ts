import { Inject, Injectable } from '@nestjs/common';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { instantMs } from '@gatehouse/contracts/fields';
import type { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import { CLOCK_TOLERANCE_SECONDS, type Clock } from '@gatehouse/kernel/clock';
import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { Log } from '@gatehouse/observability/log';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { SessionStore } from '../connections/session.store.js';
import { BusKeys } from '../keyring/bus-keys.flow.js';
import type { ExchangeSubject } from './exchange-subjects.flow.js';
import { externalAccount } from './external-account.js';

/** What has to be known of a request to find the caller's token in it. */
export type Asking = Pick<z.output<typeof credentialExchange.request>, 'backend' | 'sealedSubject'>;

const sealedSubject = z.strictObject({
  subjectToken: z.string().min(1).max(32_768),
  /** Of a token of an external issuer, which may say nothing by itself: what the proxy found when it verified it. */
  verified: z.strictObject({ subject: z.string().min(1).max(4_096), expiresAtMs: instantMs }).optional(),
});

const ownClaims = z.looseObject({
  sub: z.string(),
  tsid: z.string(),
  exp: z.number(),
  client_id: z.string().optional(),
  scope: z.string().optional(),
  /** RFC 8693, section 4.1: who acts for the person. */
  act: z.unknown().optional(),
});

const externalClaims = z.looseObject({ iss: z.string(), sub: z.string(), exp: z.number() });

const ENDED = 'the subject token has ended';

/** The token with which the caller came, as the subject of an exchange (RFC 8693 section 2.1). The proxy has verified it. */
@Injectable()
export class CallerSubjects {
  constructor(
    private readonly sessions: SessionStore,
    private readonly busKeys: BusKeys,
    private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: TokenVaultPart,
  ) {}

  /**
   * One of this gateway. The vault looks again whether it belongs to this session, and whether it has ended.
   * @throws {GatehouseError} `token_invalid` when it has ended: its client can get a new one
   */
  async ofSession(tsid: SessionId, { backend, sealedSubject: sealed }: Asking): Promise<ExchangeSubject> {
    const accountId = await this.sessions.ownerOfOpen(tsid);
    if (accountId === undefined) throw new GatehouseError('session_closed');
    const { subjectToken: token } = await this.#opened(sealed);
    const claims = claimsOf(ownClaims, token);
    if (claims?.tsid !== tsid || claims.sub !== accountId)
      throw this.#refused(backend, 'the subject token is not of this session');
    const endsAtMs = claims.exp * SECOND_MS;
    if (endsAtMs + CLOCK_TOLERANCE_SECONDS * SECOND_MS <= this.clock.nowMs()) throw this.#ended(backend);
    return {
      accountId,
      id: ['session', tsid, ...delegateIn(claims)],
      tsid,
      // The proxy takes it a moment longer, as clocks differ. What was exchanged earlier for the session is good until then.
      stillLives: () => {
        if (endsAtMs <= this.clock.nowMs()) throw this.#ended(backend);
      },
      callersToken: new Secret(token),
      token: () => Promise.resolve({ token, endsAtMs }),
    };
  }

  /**
   * One of the external issuer. There is no session that could end: what is exchanged for it is for this very token, and
   * ends with it.
   * @throws {GatehouseError} `token_invalid` when it has ended: its client can get a new one
   */
  async external({ backend, sealedSubject: sealed }: Asking): Promise<ExchangeSubject> {
    const { subjectToken: token, verified } = await this.#opened(sealed);
    const { issuer } = this.config;
    if (issuer === undefined || verified === undefined)
      throw this.#refused(backend, 'nobody says whose the subject token is');
    const claims = claimsOf(externalClaims, token);
    if (claims !== undefined && (claims.iss !== issuer || claims.sub !== verified.subject))
      throw this.#refused(backend, 'the subject token is not that of the caller');
    const saidMs = claims === undefined ? Infinity : Math.floor(claims.exp * SECOND_MS);
    const endsAtMs = Math.min(verified.expiresAtMs, saidMs);
    if (endsAtMs <= this.clock.nowMs()) throw this.#ended(backend);
    return {
      accountId: externalAccount(issuer, verified.subject),
      id: ['caller', issuer, verified.subject, sha256(token)],
      endsAtMs,
      token: () => Promise.resolve({ token, endsAtMs }),
    };
  }

  async #opened(sealed: Asking['sealedSubject']): Promise<z.output<typeof sealedSubject>> {
    if (sealed === undefined)
      throw new GatehouseError('request_invalid', 'the caller is the subject, and its token is missing');
    return await this.busKeys.open(sealedSubject, sealed);
  }

  /** The proxy verifies what it passes on. A token of somebody else is its mistake, or an attack: that is a warning. */
  #refused(backend: string, reason: string): GatehouseError {
    const reference = newReference();
    this.log.warn('caller-not-exchanged', { backend, reference, reason });
    return new GatehouseError('request_invalid', reason, { details: { backend, reference } });
  }

  #ended(backend: string): GatehouseError {
    const reference = newReference();
    this.log.info('caller-not-exchanged', { backend, reference, reason: ENDED });
    return new GatehouseError('token_invalid', ENDED, { details: { backend, reference } });
  }
}

/** What is issued for somebody who acts for the person is neither the person’s nor another delegate’s. */
const delegateIn = ({ act, client_id: clientId, scope }: z.output<typeof ownClaims>): readonly string[] =>
  act === undefined ? [] : ['delegate', JSON.stringify([act, clientId ?? null, scope ?? null])];

function claimsOf<Claims extends z.ZodType>(shape: Claims, token: string): z.output<Claims> | undefined {
  try {
    return shape.safeParse(decodeJwt(token)).data;
  } catch {
    return undefined;
  }
}
