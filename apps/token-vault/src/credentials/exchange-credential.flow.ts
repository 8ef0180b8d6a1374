import { Inject, Injectable } from '@nestjs/common';
import type { IssuedToken } from '@gatehouse/config/model/outgoing-auth';
import type { credentialReply } from '@gatehouse/contracts/token-vault/credential';
import type { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import type { Clock } from '@gatehouse/kernel/clock';
import { sha256 } from '@gatehouse/kernel/digest';
import type { Secret } from '@gatehouse/kernel/secret';
import type { z } from 'zod';
import { CLOCK } from '@gatehouse/service-process/injected';
import { useUntilMs } from '../refresh/freshness.js';
import { BackendStrategies } from './backend-strategies.js';
import { ExchangeSubjects, type ExchangeSubject } from './exchange-subjects.flow.js';
import type { CacheEntry } from './exchanged-token.store.js';
import { ExchangedTokens, SubjectRefused, type ExchangedToken } from './exchanged-tokens.flow.js';
import { ReleaseCredential } from './release-credential.flow.js';

/** Releases a token that was issued for one backend (RFC 8693, RFC 6749 section 4.4). All of it but the session comes from the configuration. */
@Injectable()
export class ExchangeCredential {
  constructor(
    private readonly strategies: BackendStrategies,
    private readonly subjects: ExchangeSubjects,
    private readonly exchanged: ExchangedTokens,
    private readonly release: ReleaseCredential,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async run(request: Request): Promise<z.input<typeof credentialReply>> {
    const { tsid, backend, replyKey } = request;
    const strategy = this.strategies.issued(request);
    const { subject, token } = await this.#exchanged(request, strategy);
    const { accountId, provider, connectionId } = subject;
    return await this.release.run(
      { kind: 'exchange', tsid, accountId, backend, provider, connectionId, token: token.accessToken },
      useUntilMs(token, this.clock.nowMs()),
      replyKey,
      subject.connection,
    );
  }

  /** A subject that the endpoint refuses is renewed once. If the new one is refused as well, it is not the token's fault. */
  async #exchanged(request: Request, strategy: IssuedToken<Secret>): Promise<Exchanged> {
    const { backend, refused } = request;
    const subject = await this.subjects.of(request, strategy);
    try {
      const entry = cacheEntry(backend, strategy, subject);
      return { subject, token: await this.exchanged.token(entry, strategy, subject, refused) };
    } catch (error) {
      if (!(error instanceof SubjectRefused)) throw error;
      const renewed = await this.subjects.renewed(request, strategy, error.refusal);
      if (renewed === undefined) throw error;
      const entry = cacheEntry(backend, strategy, renewed);
      return { subject: renewed, token: await this.exchanged.token(entry, strategy, renewed, refused) };
    }
  }
}

type Request = z.output<typeof credentialExchange.request>;

interface Exchanged {
  readonly subject: ExchangeSubject;
  readonly token: ExchangedToken;
}

/** The key covers the settings: tokens that were issued under other settings are not used any more. */
function cacheEntry(backend: string, strategy: IssuedToken<Secret>, subject: ExchangeSubject): CacheEntry {
  const accountId = subject.cachedFor ?? subject.accountId;
  return {
    key: sha256(JSON.stringify([backend, settingsOf(strategy), accountId, subject.id])),
    backend,
    accountId,
    tsid: subject.tsid,
    connectionId: subject.connectionId,
  };
}

/** How the request is made, not what it asks for. A new secret of the same client makes no token wrong. */
const NO_SETTINGS: ReadonlySet<string> = new Set([
  'clientSecret',
  'clientKey',
  'clientKeyId',
  'tokenEndpointAuthMethod',
  'timeoutMs',
  'cacheSkewMs',
  'caBundle',
  'wayOut',
  'allowPrivateIps',
  'insecureAllowHttp',
  'header',
  'allowedHosts',
]);

const settingsOf = (strategy: IssuedToken<Secret>): string =>
  JSON.stringify(
    Object.entries(withoutMeans(strategy)).sort(([left], [right]) => (left < right ? -1 : 1)),
    (_name, value: unknown) => (isRecord(value) ? withoutMeans(value) : value),
  );

const withoutMeans = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => !NO_SETTINGS.has(field)));

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
