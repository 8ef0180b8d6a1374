import type { WayOut } from '@gatehouse/config/model/egress-rules';
import type { Telemetry } from '@gatehouse/config/model/telemetry';
import type { Secret } from '@gatehouse/kernel/secret';
import type { Service } from '@gatehouse/kernel/services';
import type { ToldOf } from '@gatehouse/observability/observability.module';
import { proxiedAgent } from '@gatehouse/safe-fetch/proxied-agent';

/** What of the configuration is about what a service tells. */
export interface TellingPart {
  readonly name: string;
  readonly telemetry: Telemetry<Secret>;
  /** How the collector is reached; absent: directly. */
  readonly telemetryWayOut?: WayOut<Secret>;
}

/** What a service tells, and through which proxy. */
export const toldOf = (
  service: Service,
  { name, telemetry: { otlp, audit }, telemetryWayOut }: TellingPart,
): ToldOf => ({
  service,
  gateway: name,
  otlp: otlp && {
    ...otlp,
    agent: proxiedAgent(
      { ...otlp, ...(telemetryWayOut === undefined ? {} : { wayOut: telemetryWayOut }) },
      new URL(otlp.endpoint),
    ),
  },
  isAudited: audit.enabled,
});
