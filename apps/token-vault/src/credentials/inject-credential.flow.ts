import { Inject, Injectable } from '@nestjs/common';
import type { credentialReply } from '@gatehouse/contracts/token-vault/credential';
import type { credentialInject } from '@gatehouse/contracts/token-vault/credential-inject';
import type { Clock } from '@gatehouse/kernel/clock';
import { sha256 } from '@gatehouse/kernel/digest';
import type { z } from 'zod';
import { CLOCK } from '@gatehouse/service-process/injected';
import { useUntilMs } from '../refresh/freshness.js';
import { lifetimeOf } from '../refresh/current-tokens.flow.js';
import { BackendStrategies } from './backend-strategies.js';
import { ReleaseCredential } from './release-credential.flow.js';
import { StepUp } from './step-up.flow.js';
import { SubjectTokens } from './subject-tokens.flow.js';

/** Releases the provider's own access token. The configuration names the provider, never the caller. */
@Injectable()
export class InjectCredential {
  constructor(
    private readonly strategies: BackendStrategies,
    private readonly subjects: SubjectTokens,
    private readonly stepUp: StepUp,
    private readonly release: ReleaseCredential,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async run(request: z.output<typeof credentialInject.request>): Promise<z.input<typeof credentialReply>> {
    const { tsid, backend, replyKey, refused, lackingScope, challenge } = request;
    const { providerName } = this.strategies.inject(request);
    const { accountId, connection: bound } = await this.subjects.bound(tsid, providerName);
    const wanted = this.stepUp.wanted(providerName, challenge);
    // A token of the same grant would have the same scopes, and tell of the same sign-in: it is not renewed for that.
    const isGood = lackingScope !== undefined || challenge !== undefined;
    const { connection, tokens } = await this.subjects.tokens(bound, isGood ? undefined : refused);
    const isCurrent = refused === sha256(tokens.accessToken);
    if (isCurrent && lackingScope !== undefined) await this.stepUp.ask(connection, lackingScope);
    // With any other one the person may have signed in since.
    if (isCurrent && wanted !== undefined) await this.stepUp.signIn(connection, backend, wanted);
    return await this.release.run(
      {
        kind: 'inject',
        tsid,
        accountId,
        backend,
        provider: providerName,
        connectionId: connection.id,
        token: tokens.accessToken,
      },
      useUntilMs(lifetimeOf(connection), this.clock.nowMs()),
      replyKey,
      { connection: connection.row },
    );
  }
}
