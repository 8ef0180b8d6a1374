import { SERVICES } from '@gatehouse/kernel/services';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { Otlp, Telemetry } from '../model/telemetry.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { given } from './written-values.js';

const PATH = ['telemetry', 'otlp'] as const;

export const buildTelemetry = (
  { otlp, ...rest }: GatehouseYaml['telemetry'],
  secrets: SecretResolver,
): Telemetry<ConfiguredSecret> => ({ ...rest, ...given('otlp', otlp && buildOtlp(otlp, secrets)) });

/** Every service sends what it records itself. */
const buildOtlp = (
  { headers, caBundle, ...rest }: NonNullable<GatehouseYaml['telemetry']['otlp']>,
  secrets: SecretResolver,
): Otlp<ConfiguredSecret> => ({
  ...rest,
  headers: new Map(
    Object.entries(headers).map(([name, reference]) => [
      name,
      secrets.secret(reference, [...PATH, 'headers', name], { kind: 'headerValue', owners: SERVICES }),
    ]),
  ),
  ...given(
    'caBundle',
    caBundle && secrets.secret(caBundle, [...PATH, 'caBundle'], { kind: 'caBundle', owners: SERVICES }),
  ),
});
