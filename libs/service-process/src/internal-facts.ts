import type { Metrics } from '@gatehouse/observability/metrics';
import type { ReadinessReport } from '@gatehouse/observability/readiness';

/** What a service shows to its operators. */
export interface InternalFacts {
  readonly readiness: () => Promise<ReadinessReport>;
  readonly stuck: () => Promise<readonly string[]>;
  readonly metrics: Pick<Metrics, 'contentType' | 'render'>;
  readonly status: (() => object | Promise<object>) | undefined;
}
