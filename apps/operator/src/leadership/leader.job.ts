import { performance } from 'node:perf_hooks';
import { V1MicroTime, type V1Lease } from '@kubernetes/client-node';
import { reasonOf, type Cluster } from '../cluster/cluster.client.js';
import { decide, observed, type LeaseFacts, type Observation } from './lease.js';

const LEASE_SECONDS = 15;
const EVERY_MS = 2_000;
/** Whoever leads stops before others may begin. */
const SAFE_MS = 10_000;

export interface LeaderOptions {
  readonly lease: string;
  readonly identity: string;
  readonly became: (leads: boolean) => void;
  readonly failed: (reason: string) => void;
}

/** One of several replicas leads: it holds a Lease, and renews it (coordination.k8s.io/v1). */
export class Leader {
  private seen: Observation | undefined;
  private leadsUntilMs = 0;
  private didLead = false;
  private answeredAtMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly cluster: Cluster,
    private readonly options: LeaderOptions,
  ) {}

  get leads(): boolean {
    return performance.now() < this.leadsUntilMs;
  }

  /** Since the API last answered about the Lease, in ms; `undefined`: it has not yet. */
  get silentForMs(): number | undefined {
    return this.answeredAtMs === undefined ? undefined : performance.now() - this.answeredAtMs;
  }

  start(): void {
    const tick = (): void => {
      this.running = this.look()
        .catch((error: unknown) => this.options.failed(reasonOf(error)))
        .finally(() => {
          this.told();
          if (this.timer !== undefined) this.timer = setTimeout(tick, EVERY_MS);
        });
    };
    this.timer = setTimeout(tick, 0);
  }

  /** Gives the Lease back, so that another replica need not wait for its end. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
    if (!this.leads) return;
    this.leadsUntilMs = 0;
    const lease = await this.cluster.lease(this.options.lease);
    if (lease?.spec?.holderIdentity === this.options.identity)
      await this.cluster.writeLease(this.options.lease, leaseOf(this.options.lease, '', lease), false);
  }

  private async look(): Promise<void> {
    const { lease: name, identity } = this.options;
    const lease = await this.cluster.lease(name);
    const askedAtMs = performance.now();
    this.answeredAtMs = askedAtMs;
    this.seen = observed(this.seen, factsOf(lease), askedAtMs);
    const decision = decide(this.seen, identity, askedAtMs);
    if (decision === 'wait') {
      this.leadsUntilMs = 0;
      return;
    }
    // What is replaced is what was read: of two replicas that take it, the API lets one.
    const isOurs = await this.cluster.writeLease(name, leaseOf(name, identity, lease), lease === undefined);
    this.leadsUntilMs = isOurs ? askedAtMs + SAFE_MS : 0;
  }

  private told(): void {
    if (this.leads === this.didLead) return;
    this.didLead = this.leads;
    this.options.became(this.didLead);
  }
}

function factsOf(lease: V1Lease | undefined): LeaseFacts | undefined {
  const spec = lease?.spec;
  if (spec === undefined) return undefined;
  return {
    holder: spec.holderIdentity ?? '',
    renewed: lease?.metadata?.resourceVersion ?? '',
    durationMs: (spec.leaseDurationSeconds ?? LEASE_SECONDS) * 1_000,
  };
}

function leaseOf(name: string, identity: string, before: V1Lease | undefined): V1Lease {
  const now = new V1MicroTime();
  const resourceVersion = before?.metadata?.resourceVersion;
  const isRenewed = before?.spec?.holderIdentity === identity;
  return {
    metadata: { name, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: LEASE_SECONDS,
      acquireTime: isRenewed ? (before.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (before?.spec?.leaseTransitions ?? 0) + (isRenewed ? 0 : 1),
    },
  };
}
