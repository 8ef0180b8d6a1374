import type { ContractClient } from '@gatehouse/messaging/contract-client';
import type { EventBus } from '@gatehouse/messaging/event-bus';
import type { KeyValueBuckets } from '@gatehouse/messaging/key-value';
import type { ClockSkews } from '@gatehouse/observability/clock-skews';
import type { Log } from '@gatehouse/observability/log';
import type { AuditLog } from '@gatehouse/observability/audit-log';
import type { Metrics } from '@gatehouse/observability/metrics';
import type { Tracing } from '@gatehouse/observability/tracing';
import type { ParkingLimits } from './calls/parked-calls.flow.js';

/** What of the process and of the bus the data plane is given. */
export interface GatewaySurroundings {
  readonly contracts: Pick<ContractClient, 'ask'>;
  readonly buckets: Pick<KeyValueBuckets, 'open'>;
  readonly events: Pick<EventBus, 'publish'>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clocks: Pick<ClockSkews, 'note'>;
  readonly tracing: Pick<Tracing, 'takesNext' | 'begin'>;
  readonly audit: Pick<AuditLog, 'isOn' | 'write' | 'writePaced'>;
  /** Left out: what is right for people. */
  readonly parkingLimits?: ParkingLimits;
}
