import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { BackendClient } from './backends/backend.client.js';
import type { BackendHealth, HealthReport } from './backends/backend-health.js';
import type { Peers } from './backends/peers.client.js';
import type { Catalog } from './catalog/catalog.flow.js';
import type { ListAges } from './catalog/list-ages.js';

/** What this replica knows of its backends, for operators: names, states, numbers. No URL, no person, no credential. */
export interface GatewayStatus {
  readonly backends: Readonly<Record<string, BackendStatus>>;
}

interface BackendStatus {
  /** By probes. */
  readonly health: HealthReport['health'];
  readonly circuit: {
    readonly state: HealthReport['circuit']['state'];
    readonly cause?: string;
    readonly since?: string;
    readonly triesAgainInSeconds?: number;
  };
  readonly lastProbe: {
    readonly at: string;
    readonly alive: boolean;
    readonly httpStatus?: number;
    readonly code?: string;
  } | null;
  readonly lastAnswerAt: string | null;
  readonly lastFailure: { readonly at: string; readonly code: string } | null;
  /** Empty: nobody has called it yet. */
  readonly eras: readonly string[];
  readonly running: { readonly calls: number; readonly streams: number };
  readonly lists: {
    readonly principals: number;
    readonly failing: number;
    readonly newestSeconds?: number;
    readonly oldestSeconds?: number;
  };
}

interface StatusSources {
  readonly healths: ReadonlyMap<string, Pick<BackendHealth, 'report'>>;
  readonly client: Pick<BackendClient, 'running'>;
  readonly peers: Pick<Peers, 'erasOf'>;
  readonly catalog: Pick<Catalog, 'agesOf'>;
}

export const gatewayStatus = (
  { healths, client, peers, catalog }: StatusSources,
  nowMs = Date.now(),
): GatewayStatus => ({
  backends: Object.fromEntries(
    [...healths].map(([backend, health]) => [
      backend,
      {
        ...ofHealth(health.report(), nowMs),
        eras: peers.erasOf(backend),
        running: client.running(backend),
        lists: ofLists(catalog.agesOf(backend)),
      },
    ]),
  ),
});

function ofHealth(
  { health, circuit, lastProbe, lastAnswerAgoMs, lastFailure }: HealthReport,
  nowMs: number,
): Omit<BackendStatus, 'eras' | 'running' | 'lists'> {
  const ago = (ms: number): string => new Date(nowMs - ms).toISOString();
  const { state, cause, sinceMs, triesAgainInMs } = circuit;
  return {
    health,
    circuit: {
      state,
      ...(cause === undefined ? {} : { cause }),
      ...(sinceMs === undefined ? {} : { since: ago(sinceMs) }),
      ...(triesAgainInMs === undefined ? {} : { triesAgainInSeconds: seconds(triesAgainInMs) }),
    },
    lastProbe:
      lastProbe === undefined
        ? null
        : {
            at: ago(lastProbe.agoMs),
            alive: lastProbe.isAlive,
            ...(lastProbe.status === undefined ? {} : { httpStatus: lastProbe.status }),
            ...(lastProbe.code === undefined ? {} : { code: lastProbe.code }),
          },
    lastAnswerAt: lastAnswerAgoMs === undefined ? null : ago(lastAnswerAgoMs),
    lastFailure: lastFailure === undefined ? null : { at: ago(lastFailure.agoMs), code: lastFailure.code },
  };
}

const ofLists = ({ principals, failing, newestMs, oldestMs }: ListAges): BackendStatus['lists'] => ({
  principals,
  failing,
  ...(newestMs === undefined ? {} : { newestSeconds: seconds(newestMs) }),
  ...(oldestMs === undefined ? {} : { oldestSeconds: seconds(oldestMs) }),
});

const seconds = (ms: number): number => Math.ceil(ms / SECOND_MS);
