import { Inject, Injectable } from '@nestjs/common';
import type { RecipientKey } from '@gatehouse/contracts/fields';
import type { credentialReply, releasedCredential } from '@gatehouse/contracts/token-vault/credential';
import type { Clock } from '@gatehouse/kernel/clock';
import { sealMessage } from '@gatehouse/sealing/message-sealing';
import type { z } from 'zod';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { ConnectionRow } from '../connections/connection-row.js';
import type { Release } from '../custody-log/release.js';
import { CustodyLog } from '../custody-log/custody-log.flow.js';
import type { IssuedCredential } from './exchange-outcome.js';
import { CredentialMetrics } from './credential-metrics.js';

export interface ReleasedBeside {
  readonly connection?: Pick<ConnectionRow, 'version' | 'connectedAtMs'> | undefined;
  readonly signingKey?: IssuedCredential['signingKey'] | undefined;
}

/** The only way out for a token. It is entered in the custody log first, then sealed for the caller. */
@Injectable()
export class ReleaseCredential {
  constructor(
    private readonly custodyLog: CustodyLog,
    private readonly metrics: CredentialMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async run(
    release: Release,
    useUntilMs: number,
    recipient: RecipientKey,
    { connection, signingKey }: ReleasedBeside = {},
  ): Promise<z.input<typeof credentialReply>> {
    const entry = await this.custodyLog.append(release);
    const useForMs = Math.max(0, useUntilMs - this.clock.nowMs());
    const { token: accessToken, connectionId } = release;
    const credential: z.input<typeof releasedCredential> = {
      accessToken,
      ...(signingKey === undefined ? {} : { signingKey }),
      useUntilMs,
      useForMs,
      ...(connectionId === undefined || connection === undefined
        ? {}
        : {
            connection: { id: connectionId, version: connection.version },
            connectedAtMs: connection.connectedAtMs,
          }),
      release: entry,
    };
    const sealed = await sealMessage(credential, recipient);
    this.metrics.released(release.backend, release.kind);
    return { sealed, useUntilMs };
  }
}
