/** `--profile observe`, with those of its images that can be had. Each check answers with what is wrong. */
import { say } from '../set-up/say.mjs';

const PATIENCE_MS = 120_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {import('./compose.mjs').Compose} compose with the configuration that is watched
 * @param {{ up: string[], images: Record<string, boolean>, replicas: Record<string, number>, signIn: () => Promise<void> }} installation
 * @returns {[string, () => Promise<string[]>][]}
 */
export const observeChecks = (compose, { up, images, replicas, signIn }) => [
  ['the profile observe starts, as far as its images can be had', () => started(compose, { up, images })],
  ['Prometheus reads the metrics of every replica, and the alert rules', () => scraped(compose, replicas)],
  ['Grafana has the dashboards', () => (images.grafana ? dashboards(compose) : notHad('grafana'))],
  [
    'the collector gets the steps of a call',
    () => (images.collector ? traced(compose, signIn) : notHad('collector')),
  ],
];

async function notHad(service) {
  say(`  the image of ${service} cannot be had: not run`);
  return [];
}

async function started(compose, { up, images }) {
  const { services } = JSON.parse(await compose.must('config', '--format', 'json'));
  const here = Object.keys(services).filter((service) => images[service] !== false);
  // Compose does not see that the configuration is another file.
  await compose.must(...up, '--force-recreate', ...here);
  return [];
}

const ask = async (compose, service, url) => {
  const [container] = (await compose.running()).filter((one) => one.service === service);
  const { stdout } = await compose.inside(container, 'wget', '-q', '-O', '-', url);
  return JSON.parse(stdout);
};

async function scraped(compose, replicas) {
  const untilMs = Date.now() + PATIENCE_MS;
  let found = {};
  do {
    await pause(1_000);
    const { data } = await ask(
      compose,
      'prometheus',
      'http://127.0.0.1:9090/api/v1/query?query=sum+by+(service)(up)',
    );
    found = Object.fromEntries(data.result.map(({ metric, value }) => [metric.service, Number(value[1])]));
  } while (!isSame(found, replicas) && Date.now() < untilMs);
  const { data } = await ask(compose, 'prometheus', 'http://127.0.0.1:9090/api/v1/rules');
  const rules = data.groups.flatMap((group) => group.rules);
  const unhealthy = rules.filter(({ health }) => health === 'err');
  say(`  answering: ${JSON.stringify(found)}; ${rules.length} rules`);
  return [
    ...(isSame(found, replicas) ? [] : [`Prometheus reads ${JSON.stringify(found)}`]),
    ...(rules.length > 0 ? [] : ['there are no rules']),
    ...unhealthy.map(({ name, lastError }) => `${name}: ${lastError}`),
  ];
}

const isSame = (found, wanted) =>
  Object.keys(wanted).every((name) => found[name] === wanted[name]) &&
  Object.keys(found).length === Object.keys(wanted).length;

/** From outside, as the documentation says it: what an image has beside Grafana is its own affair. */
async function dashboards(compose) {
  const [container] = (await compose.running()).filter(({ service }) => service === 'grafana');
  const { stdout: password } = await compose.inside(container, 'cat', '/run/secrets/grafana-password');
  const address = (await compose.must('port', 'grafana', '3000')).trim();
  const authorization = `Basic ${Buffer.from(`admin:${password.trim()}`).toString('base64')}`;
  const untilMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const response = await fetch(`http://${address}/api/search?type=dash-db`, {
      headers: { authorization },
    }).catch((error) => new Response(String(error), { status: 503 }));
    const uids = response.ok ? (await response.json()).map(({ uid }) => uid) : [];
    const missing = ['calls', 'custody', 'installation'].filter(
      (name) => !uids.includes(`gatehouse-${name}`),
    );
    if (missing.length === 0) return [];
    if (Date.now() > untilMs)
      return missing.map((name) => `Grafana (it answers ${response.status}) has no dashboard ${name}`);
    await pause(1_000);
  }
}

async function traced(compose, signIn) {
  await signIn();
  const untilMs = Date.now() + PATIENCE_MS;
  while (!(await compose.must('logs', '--no-color', 'collector')).includes('tools/call')) {
    if (Date.now() > untilMs) return ['no step of a call is in its log'];
    await pause(1_000);
  }
  return [];
}
