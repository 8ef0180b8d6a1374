import type { Path } from '../findings/path.js';
import type { TranslatedBackend } from './backends.js';
import type { Written } from './manifest-object.js';
import { translateRateLimits } from './rate-limits.js';
import { translateTelemetry } from './telemetry.js';
import { putDurations, type Translation } from './translation.js';

/** What stands under `config`: aggregation, time limits, failures, rate limits, audit. */
export function translateSettings(translation: Translation, backends: readonly TranslatedBackend[]): void {
  const config = translation.gateway.at('spec', 'config');
  translateAggregation(translation, config.at('aggregation'), backends);
  translateOperational(translation, config.at('operational'));
  translateRateLimits(translation, config.at('rateLimiting'), backends);
  translateTelemetry(translation, config.at('telemetry'));
  const audit = config.at('audit', 'enabled');
  if (audit.isThere) translation.native.put(['telemetry', 'audit', 'enabled'], audit.value, audit);
}

const AGGREGATION: Path = ['aggregation'];

function translateAggregation(
  translation: Translation,
  aggregation: Written,
  backends: readonly TranslatedBackend[],
): void {
  const { native, set } = translation;
  if (aggregation.isThere) native.put(AGGREGATION, {}, aggregation);
  native.copy(AGGREGATION, aggregation, [
    'conflictResolution',
    'conflictResolutionConfig',
    'defaultToolVisibility',
    'excludeAllTools',
  ]);
  const tools = aggregation.at('tools').items;
  tools.forEach((written, index) => {
    const path = [...AGGREGATION, 'tools', index];
    native.put(path, {}, written);
    native.copy(path, written, ['workload', 'filter', 'overrides', 'excludeAll']);
    const reference = written.at('toolConfigRef');
    if (reference.isThere) putToolConfig(translation, path, set.follow('MCPToolConfig', reference));
  });
  let next = tools.length;
  for (const { name, workload } of backends) {
    const reference = workload?.at('spec', 'toolConfigRef');
    if (workload?.object.kind !== 'MCPRemoteProxy' || reference?.isThere !== true) continue;
    const mentioned = tools.findIndex((written) => written.at('workload').text === name);
    const path = [...AGGREGATION, 'tools', mentioned === -1 ? next++ : mentioned];
    if (mentioned === -1) native.put(path, { workload: name }, reference);
    putToolConfig(translation, path, set.follow('MCPToolConfig', reference));
  }
}

/** What stands in the VirtualMCPServer itself counts. */
function putToolConfig({ native }: Translation, path: Path, config: Written | undefined): void {
  if (config === undefined) return;
  for (const [theirs, ours] of [
    ['toolsFilter', 'filter'],
    ['toolsOverride', 'overrides'],
  ] as const) {
    const written = config.at('spec', theirs);
    if (written.isThere && native.read([...path, ours]) === undefined)
      native.put([...path, ours], written.value, written);
  }
}

const OPERATIONAL: Path = ['operational'];

function translateOperational(translation: Translation, operational: Written): void {
  const { native } = translation;
  const timeouts = operational.at('timeouts');
  putDurations(translation, [...OPERATIONAL, 'timeouts'], timeouts, ['default']);
  const perWorkload = timeouts.at('perWorkload');
  putDurations(
    translation,
    [...OPERATIONAL, 'timeouts', 'perWorkload'],
    perWorkload,
    perWorkload.entries.map(([name]) => name),
  );
  const failures = operational.at('failureHandling');
  const path = [...OPERATIONAL, 'failureHandling'];
  putDurations(translation, path, failures, ['healthCheckInterval', 'healthCheckTimeout']);
  native.copy(path, failures, ['unhealthyThreshold', 'partialFailureMode']);
  const breaker = failures.at('circuitBreaker');
  native.copy([...path, 'circuitBreaker'], breaker, ['enabled', 'failureThreshold']);
  putDurations(translation, [...path, 'circuitBreaker'], breaker, ['timeout']);
}
