import { Inject, Injectable } from '@nestjs/common';
import type { IssuedToken } from '@gatehouse/config/model/outgoing-auth';
import { strategyForTool } from '@gatehouse/config/model/strategy-for-tool';
import { subjectOf } from '@gatehouse/config/model/token-subject';
import type { credentialReply } from '@gatehouse/contracts/token-vault/credential';
import type { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import type { Clock } from '@gatehouse/kernel/clock';
import type { Secret } from '@gatehouse/kernel/secret';
import type { z } from 'zod';
import { CLOCK } from '@gatehouse/service-process/injected';
import { useUntilMs } from '../refresh/freshness.js';
import { BackendStrategies } from './backend-strategies.js';
import { cacheEntry } from './cache-entry.js';
import { ExchangeParties, firstRenewed, together } from './exchange-parties.flow.js';
import { NO_SESSION, type ExchangeSubject } from './exchange-subjects.flow.js';
import type { ExchangedToken } from './exchanged-token.store.js';
import { ExchangedTokens, SubjectRefused } from './exchanged-tokens.flow.js';
import { ReleaseCredential } from './release-credential.flow.js';

/** Releases a token that was issued for one backend (RFC 8693, RFC 6749 section 4.4). All of it but the session comes from the configuration. */
@Injectable()
export class ExchangeCredential {
  constructor(
    private readonly strategies: BackendStrategies,
    private readonly parties: ExchangeParties,
    private readonly exchanged: ExchangedTokens,
    private readonly release: ReleaseCredential,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async run(request: Request): Promise<z.input<typeof credentialReply>> {
    const { tsid = NO_SESSION, backend, replyKey } = request;
    const configured = this.strategies.issued(request);
    // Whoever comes with a token of the external issuer has no session here: the token itself is looked at.
    if (subjectOf(configured).of !== 'externalCaller') this.strategies.admit(request);
    const strategy = strategyForTool(configured, request.tool);
    const { subject, token } = await this.#exchanged(request, strategy);
    const { accountId, provider, connectionId, connection } = subject;
    const { accessToken, signingKey } = token;
    return await this.release.run(
      { kind: 'exchange', tsid, accountId, backend, provider, connectionId, token: accessToken },
      useUntilMs(token, this.clock.nowMs()),
      replyKey,
      { connection, signingKey },
    );
  }

  /**
   * What the endpoint refuses may be the actor's token or the subject's: one after the other is renewed, each once. If the new
   * ones are refused as well, it is not the tokens' fault.
   */
  async #exchanged(request: Request, strategy: IssuedToken<Secret>): Promise<Exchanged> {
    let parties = await this.parties.of(request, strategy);
    await this.parties.heardOfBackend(request, strategy, together(parties));
    // It is good, and the backend wants to see more of a sign-in: another one would show no more.
    const refused = request.challenge === undefined ? request.refused : undefined;
    const renewals = this.parties.renewals(request, strategy);
    for (;;)
      try {
        const subject = together(parties);
        const entry = cacheEntry(request.backend, strategy, subject);
        return { subject, token: await this.exchanged.token(entry, strategy, subject, refused) };
      } catch (error) {
        if (!(error instanceof SubjectRefused)) throw error;
        parties = (await firstRenewed(renewals, parties, error.refusal)) ?? raise(error);
      }
  }
}

type Request = z.output<typeof credentialExchange.request>;

interface Exchanged {
  readonly subject: ExchangeSubject;
  readonly token: ExchangedToken;
}

function raise(error: Error): never {
  throw error;
}
