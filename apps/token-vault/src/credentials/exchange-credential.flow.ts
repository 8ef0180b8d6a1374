import { Inject, Injectable } from '@nestjs/common';
import type { TokenExchange } from '@gatehouse/config/model/outgoing-auth';
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

/** Releases a token that was exchanged for one backend (RFC 8693). All of it but the session comes from the configuration. */
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
    const exchange = this.strategies.exchange(backend);
    const { subject, token } = await this.#exchanged(request, exchange);
    const { accountId, provider, connectionId } = subject;
    return await this.release.run(
      { kind: 'exchange', tsid, accountId, backend, provider, connectionId, token: token.accessToken },
      useUntilMs(token, this.clock.nowMs()),
      replyKey,
      subject.connection,
    );
  }

  /** A subject that the endpoint refuses is renewed once. If the new one is refused as well, it is not the token's fault. */
  async #exchanged(request: Request, exchange: TokenExchange<Secret>): Promise<Exchanged> {
    const { backend, refused } = request;
    const subject = await this.subjects.of(request, exchange);
    try {
      const entry = cacheEntry(backend, exchange, subject);
      return { subject, token: await this.exchanged.token(entry, exchange, subject, refused) };
    } catch (error) {
      if (!(error instanceof SubjectRefused)) throw error;
      const renewed = await this.subjects.renewed(request, exchange, error.refusal);
      if (renewed === undefined) throw error;
      const entry = cacheEntry(backend, exchange, renewed);
      return { subject: renewed, token: await this.exchanged.token(entry, exchange, renewed, refused) };
    }
  }
}

type Request = z.output<typeof credentialExchange.request>;

interface Exchanged {
  readonly subject: ExchangeSubject;
  readonly token: ExchangedToken;
}

/** The key covers the settings: tokens that were exchanged under other settings are not used any more. */
function cacheEntry(backend: string, exchange: TokenExchange<Secret>, subject: ExchangeSubject): CacheEntry {
  const { tokenUrl, clientId, audience, resource, scopes, subjectTokenType } = exchange;
  const settings = [tokenUrl, clientId ?? null, audience ?? null, resource ?? null, scopes, subjectTokenType];
  return {
    key: sha256(JSON.stringify([backend, settings, subject.accountId, subject.id])),
    backend,
    accountId: subject.accountId,
    tsid: subject.tsid,
    connectionId: subject.connectionId,
  };
}
