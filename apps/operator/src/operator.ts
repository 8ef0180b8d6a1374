import type { KubeConfig } from '@kubernetes/client-node';
import type { Log } from '@gatehouse/observability/log';
import type { InternalFacts } from '@gatehouse/service-process/internal-facts';
import { Cluster, isCode, reasonOf } from './cluster/cluster.client.js';
import { Watches } from './cluster/watches.job.js';
import { Health } from './health.js';
import { Leader } from './leadership/leader.job.js';
import { Loop } from './reconcile/loop.job.js';
import { KINDS, NotLeading, reconcile } from './reconcile/reconcile.flow.js';
import type { Settings } from './settings.js';
import { Told } from './told.js';

export interface Operator {
  readonly stop: () => Promise<void>;
  readonly facts: InternalFacts;
}

/** Starts the operator: every replica wants to lead, and one works. */
export function startOperator(config: KubeConfig, settings: Settings, log: Log): Operator {
  const { namespace, gateways, identity, lease } = settings;
  const cluster = new Cluster(config, namespace);
  const told = new Told(log, identity);
  const loop = new Loop(look, (error) => {
    // Somebody else wrote first, or leads now: the next look begins with what is there.
    if (error instanceof NotLeading || isCode(error, 409)) return;
    told.look('failed');
    log.warn('reconcile-failed', { reason: reasonOf(error) });
  });
  const watches = new Watches(
    cluster,
    () => loop.changed(),
    (what, reason) => log.warn('watch-failed', { what, reason }),
  );
  const leader = new Leader(cluster, {
    lease,
    identity,
    became: (leads) => {
      told.leads(leads);
      loop.changed();
    },
    failed: (reason) => log.warn('lease-failed', { reason }),
  });
  const health = new Health({ leader, loop }, told.metrics, log);

  async function look(): Promise<void> {
    if (!leader.leads) return;
    const {
      named,
      gateways: looked,
      failure,
    } = await reconcile(cluster, {
      gateways,
      mayWrite: () => leader.leads,
      now: () => new Date(),
    });
    watches.named(named);
    told.gateways(looked);
    if (failure !== undefined)
      throw failure instanceof Error ? failure : new Error('a gateway was not written', { cause: failure });
    told.look('ok');
  }

  watches.kinds(KINDS);
  leader.start();
  health.start();
  return {
    facts: health.facts,
    stop: async () => {
      health.stop();
      watches.stop();
      await loop.stop();
      await leader.stop();
    },
  };
}
