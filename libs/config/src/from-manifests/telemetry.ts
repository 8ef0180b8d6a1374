import type { Path } from '../findings/path.js';
import type { Written } from './manifest-object.js';
import type { Translation } from './translation.js';

const PATH: Path = ['telemetry', 'otlp'];
/** Of the published schema. */
const DEFAULT_RATIO = 0.05;

/** `config.telemetry`: where traces go. Without `tracingEnabled` there are none, whatever else is written. */
export function translateTelemetry(translation: Translation, telemetry: Written): void {
  const { native, set } = translation;
  const enabled = telemetry.at('tracingEnabled');
  const endpoint = telemetry.at('endpoint');
  if (!enabled.isTrue) {
    if (endpoint.isThere)
      set.warnings.push(
        endpoint.problem(
          'Nothing is sent there: tracingEnabled is not true.',
          'tracingEnabled: true beside it',
        ),
      );
    return;
  }
  native.put(PATH, {}, telemetry);
  const insecure = telemetry.at('insecure');
  native.put([...PATH, 'endpoint'], urlOf(endpoint, insecure.isTrue), endpoint);
  if (insecure.isTrue) native.put([...PATH, 'insecureAllowHttp'], true, insecure);
  putRatio(translation, telemetry.at('samplingRate'));
  const bundle = telemetry.at('caCertPath');
  if (bundle.isThere && insecure.isTrue)
    set.problems.push(
      bundle.problem('No effect with insecure: true: the collector is asked by http.', 'insecure: false'),
    );
  else if (bundle.isThere) native.put([...PATH, 'caBundle'], { file: bundle.value }, bundle);
}

/** A number that is written as a text. */
function putRatio({ native, set }: Translation, rate: Written): void {
  const place = [...PATH, 'samplingRatio'];
  const ratio = rate.isThere ? ratioOf(rate.text) : DEFAULT_RATIO;
  if (ratio !== undefined) {
    native.put(place, ratio, rate);
    return;
  }
  native.fails(place);
  if (rate.text !== undefined)
    set.problems.push(rate.problem('Expected a number from 0 to 1, as a text.', "samplingRate: '0.05'"));
}

/** `host:port`, or a URL; the seed system takes the scheme from `insecure` alone. */
function urlOf(endpoint: Written, isInsecure: boolean): unknown {
  const { text } = endpoint;
  if (text === undefined) return endpoint.isThere ? endpoint.value : undefined;
  if (isInsecure) return `http://${text.replace(/^https?:\/\//, '')}`;
  return /^https?:\/\//.test(text) ? text : `https://${text}`;
}

function ratioOf(text = ''): number | undefined {
  const ratio = /^\d*\.?\d+$/.test(text) ? Number(text) : undefined;
  return ratio === undefined || ratio > 1 ? undefined : ratio;
}
