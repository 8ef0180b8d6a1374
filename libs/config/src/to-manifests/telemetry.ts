import type { Path } from '../findings/path.js';
import { isFields } from '../from-manifests/manifest-object.js';
import type { Remainder } from './remainder.js';

const PATH: Path = ['telemetry', 'otlp'];
const SAYABLE = ['endpoint', 'insecureAllowHttp', 'samplingRatio', 'caBundle'];

/** Where traces go. Headers are secrets, which a VirtualMCPServer cannot refer to here: with them it stays. */
export function telemetryConfig(rest: Remainder): Record<string, unknown> | undefined {
  const otlp = rest.read(PATH);
  if (!isFields(otlp) || !Object.keys(otlp).every((name) => SAYABLE.includes(name))) return undefined;
  const { endpoint, insecureAllowHttp = false, samplingRatio = 1, caBundle } = otlp;
  const file = isFields(caBundle) && Object.keys(caBundle).length === 1 ? caBundle['file'] : undefined;
  const samplingRate = String(samplingRatio);
  const isSayable =
    typeof endpoint === 'string' &&
    // The seed system has the scheme from this flag alone.
    endpoint.startsWith(insecureAllowHttp === true ? 'http://' : 'https://') &&
    /^\d*\.?\d+$/.test(samplingRate) &&
    (caBundle === undefined || (typeof file === 'string' && insecureAllowHttp !== true));
  if (!isSayable) return undefined;
  rest.take(PATH);
  return {
    endpoint: endpoint.replace(/^https?:\/\//, ''),
    tracingEnabled: true,
    samplingRate,
    ...(insecureAllowHttp === true ? { insecure: true } : {}),
    ...(file === undefined ? {} : { caCertPath: file }),
  };
}
