import type { Secret } from '@gatehouse/kernel/secret';
import type { ConfiguredSecret } from './model/configured-secret.js';
import type { Telemetry } from './model/telemetry.js';

export function openedTelemetry({ otlp, ...rest }: Telemetry<ConfiguredSecret>): Telemetry<Secret> {
  if (otlp === undefined) return rest;
  const { headers, caBundle, ...plain } = otlp;
  const opened = {
    ...plain,
    headers: new Map([...headers].map(([name, value]) => [name, value.secret])),
    ...(caBundle === undefined ? {} : { caBundle: caBundle.secret }),
  };
  return { ...rest, otlp: opened };
}
