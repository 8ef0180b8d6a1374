import { expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { otlpSpans } from '@gatehouse/observability/otlp-spans';
import { ConnectProxy } from '@gatehouse/testing/connect-proxy';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { TraceCollector } from '@gatehouse/testing/trace-collector';
import { until } from '@gatehouse/testing/until';
import { toldOf } from './told-of.js';

/** Nothing here resolves it; the proxy does. */
const NAME = 'collector.corp.example';
const COUNTER = { counter: () => ({ inc: () => undefined }) } as never;

test('traces go through egress.proxy, with its credentials', async () => {
  const collector = await new TraceCollector().start();
  const credentials = 'gate:word';
  const proxy = await ConnectProxy.start({
    credentials,
    hosts: { [NAME]: Number(new URL(collector.origin).port) },
  });
  const { otlp } = toldOf('token-vault', {
    name: 'acme',
    telemetry: {
      toolLabels: 1,
      audit: { enabled: false, arguments: [] },
      otlp: {
        endpoint: `http://${NAME}:4318`,
        insecureAllowHttp: true,
        headers: new Map([['x-key', new Secret('the-key')]]),
        samplingRatio: 1,
      },
    },
    telemetryWayOut: {
      httpProxy: { url: proxy.url, credentials: new Secret(credentials) },
      noProxy: [],
      refusesPrivateAddresses: false,
    },
  });
  if (otlp === undefined) throw new Error('no settings');
  const spans = otlpSpans(otlp, { service: 'token-vault', gateway: 'acme' }, new SilentLog(), COUNTER);
  try {
    spans.begin({ name: 'a step', kind: 'server' }).end();
    await spans.close();
    await until(() => collector.spans.some(({ name }) => name === 'a step'));
    expect(proxy.asked.map(({ target }) => target)).toEqual([`http://${NAME}:4318/v1/traces`]);
  } finally {
    otlp.agent?.destroy();
    await proxy.close();
    await collector.stop();
  }
});
