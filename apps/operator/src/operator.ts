import type { KubeConfig } from '@kubernetes/client-node';
import type { Log } from '@gatehouse/observability/log';
import { Cluster, isCode, reasonOf } from './cluster/cluster.client.js';
import { Watches } from './cluster/watches.job.js';
import { Leader } from './leadership/leader.job.js';
import { Loop } from './reconcile/loop.job.js';
import { KINDS, NotLeading, reconcile } from './reconcile/reconcile.flow.js';
import type { Settings } from './settings.js';

export interface Operator {
  readonly stop: () => Promise<void>;
  readonly leads: () => boolean;
}

/** Starts the operator: every replica wants to lead, and one works. */
export function startOperator(config: KubeConfig, settings: Settings, log: Log): Operator {
  const { namespace, gateways, identity, lease } = settings;
  const cluster = new Cluster(config, namespace);
  const told = new Map<string, number>();
  const loop = new Loop(look, (error) => {
    // Somebody else wrote first, or leads now: the next look begins with what is there.
    if (error instanceof NotLeading || isCode(error, 409)) return;
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
      log.info('leadership-changed', { leads, identity });
      loop.changed();
    },
    failed: (reason) => log.warn('lease-failed', { reason }),
  });

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
    for (const { name, problems, isNew } of looked) {
      if (isNew) log.info('gateway-configuration-written', { gateway: name });
      if (problems > 0 && told.get(name) !== problems)
        log.warn('gateway-configuration-wrong', { gateway: name, problems });
      told.set(name, problems);
    }
    if (failure !== undefined)
      throw failure instanceof Error ? failure : new Error('a gateway was not written', { cause: failure });
  }

  watches.kinds(KINDS);
  leader.start();
  return {
    leads: () => leader.leads,
    stop: async () => {
      watches.stop();
      await loop.stop();
      await leader.stop();
    },
  };
}
