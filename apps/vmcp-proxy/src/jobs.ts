import { signingKeysCurrent } from '@gatehouse/contracts/authorization-server/signing-keys-current';
import { keptStreams, mcpSessions } from '@gatehouse/contracts/buckets';
import { presence } from '@gatehouse/contracts/token-vault/presence';
import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { AnswererWatch } from '@gatehouse/messaging/answerer-watch';
import { Readiness } from '@gatehouse/observability/readiness';
import { Inject, Injectable } from '@nestjs/common';
import { isEmbedded } from './incoming-auth/embedded-issuer.js';
import { CONFIG } from '@gatehouse/service-process/injected';

const ASKS_THE_VAULT: ReadonlySet<string> = new Set(['upstreamInject', 'issuedToken']);

/**
 * What this service does, and what it needs for it (docs/health.md). Only its own way to the bus decides whether it gets
 * traffic: what all replicas need alike is as far away from the next one, and this one at least says so to its callers.
 */
@Injectable()
export class Jobs {
  #asksTheVault = false;

  constructor(
    @Inject(CONFIG) part: VmcpProxyPart,
    private readonly readiness: Readiness,
    private readonly answerers: AnswererWatch,
  ) {
    const embedded = isEmbedded(part);
    readiness.job({ name: 'calls', isMain: true, needs: embedded ? ['bus'] : [] });
    if (embedded) {
      answerers.watch(signingKeysCurrent);
      readiness.job({ name: 'callers', isMain: false, needs: [signingKeysCurrent.answeredBy] });
    }
    this.exchange(part);
    readiness.job({ name: 'legacySessions', isMain: false, needs: [mcpSessions.name] });
    readiness.job({ name: 'resumption', isMain: false, needs: [keptStreams.name] });
  }

  /** Once a backend has needed the vault, it is watched. */
  exchange({ backends }: Pick<VmcpProxyPart, 'backends'>): void {
    if (this.#asksTheVault || !backends.some(({ strategy }) => ASKS_THE_VAULT.has(strategy.type))) return;
    this.#asksTheVault = true;
    this.answerers.watch(presence);
    this.readiness.job({ name: 'credentials', isMain: false, needs: [presence.answeredBy] });
  }
}
