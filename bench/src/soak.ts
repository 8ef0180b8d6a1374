import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import startPostgres from '../../libs/testing/jest-global-setup.mjs';
import stopPostgres from '../../libs/testing/jest-global-teardown.mjs';
import { Failures } from './failures.js';
import { linearSlope, TableRows } from './growth.js';
import { storeConnections } from './stored-connections.js';

/**
 * What grows when many connections are stored and many people work for a long time? Prints the memory of each process and
 * the rows of each table. Only the custody log may grow.
 */
const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 30);
const STORED = Number(process.env['SOAK_STORED'] ?? 100_000);
const PEOPLE = Number(process.env['SOAK_PEOPLE'] ?? 1_000);
/** About half a core of a small machine, for all three services together. */
const CALLS_PER_SECOND = Number(process.env['SOAK_RATE'] ?? 120);
const CLIENTS = 20;
const AT_ONCE = 4;
/** After which somebody who was told to wait tries again. */
const TOO_MANY_MS = 1_000;
const SAMPLE_EVERY_MS = 10_000;
/** People come to work one after another: nobody's lists and tokens are known to a gateway that they have not called yet. */
const COME_SHARE = 0.1;
/** Until caches are full, and what lives for a short time has begun to go away. */
const WARM_UP_SHARE = 0.4;
const BACKENDS = ['repos', 'directory', 'tickets', 'status'] as const;
const PROVIDER_TTL_SECONDS = '60';
/** So that the tokens of sign-ins are renewed all the time, too. */
const RENEW_AFTER_MS = 240_000;

interface Outcomes {
  right: number;
  wrong: number;
  failed: number;
  renewed: number;
}

interface Person {
  readonly login: string;
  readonly client: OAuthClient;
  accessToken: string;
  refreshToken: string;
  renewAtMs: number;
  /** The renewal under way: whoever calls as this person waits for it. */
  renewing?: Promise<boolean>;
}

interface Sample {
  readonly atHours: number;
  readonly rssMiB: Readonly<Record<Service, number>>;
  readonly heapMiB: Readonly<Record<Service, number>>;
}

await startPostgres();
const world = await startWorld({
  demonstrationFlags: ['acme', 'octo']
    .flatMap((name) => [`--${name}-access-token-ttl`, PROVIDER_TTL_SECONDS])
    .concat('--sts-token-ttl', PROVIDER_TTL_SECONDS),
  // Used refresh tokens are remembered until they would have expired. With this lifespan that happens during the warm-up.
  configure: (yaml) =>
    yaml.replace(
      'authServer:\n',
      'authServer:\n  tokenLifespans: { accessTokenLifespan: 5m, refreshTokenLifespan: 12m }\n',
    ),
});
try {
  await storeConnections(world, STORED);
  console.log(`${STORED} connections stored`);
  const people = await signEverybodyIn(world);
  console.log(`${people.length} people signed in`);
  process.exitCode = await soak(world, people);
} finally {
  await world.close();
  await stopPostgres();
}

/** A few clients, as hosted ones are; slowly, since all of them come from one address, which is limited. */
async function signEverybodyIn({ mcpUrl }: World): Promise<readonly Person[]> {
  const clients: OAuthClient[] = [];
  for (let index = 0; index < CLIENTS; index += 1) clients.push(await OAuthClient.register(mcpUrl));
  const people: Person[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < PEOPLE; index = next++) {
      const client = clients[index % clients.length];
      if (client === undefined) throw new Error('no client');
      const login = `person-${index}`;
      let signedIn = await client.signIn(login).catch(() => undefined);
      while (signedIn === undefined) {
        await pause(TOO_MANY_MS);
        signedIn = await client.signIn(login).catch(() => undefined);
      }
      // Spread, so that not all tokens are renewed at once.
      people.push({ login, client, renewAtMs: Date.now() + Math.random() * RENEW_AFTER_MS, ...signedIn });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return people;
}

async function soak(running: World, people: readonly Person[]): Promise<number> {
  const outcomes: Outcomes = { right: 0, wrong: 0, failed: 0, renewed: 0 };
  const failures = new Failures();
  const samples: Sample[] = [];
  const beganAtMs = Date.now();
  const endAtMs = beganAtMs + MINUTES * 60_000;
  const warmAtMs = beganAtMs + MINUTES * 60_000 * WARM_UP_SHARE;
  const cpuBefore = cpuSeconds(running);
  const calls = new Set<Promise<void>>();
  let warm: TableRows | undefined;
  let nextSampleAtMs = warmAtMs;
  for (let call = 0; Date.now() < endAtMs; call += 1) {
    const come = Math.min(1, (Date.now() - beganAtMs) / (MINUTES * 60_000 * COME_SHARE));
    const atWork = Math.max(1, Math.ceil(people.length * come));
    const person = people[call % atWork];
    const backend = BACKENDS[Math.floor(call / atWork) % BACKENDS.length] ?? 'repos';
    if (person !== undefined) {
      const calling = callAs(running, person, backend, outcomes, failures).finally(() =>
        calls.delete(calling),
      );
      calls.add(calling);
    }
    if (Date.now() > nextSampleAtMs) {
      nextSampleAtMs += SAMPLE_EVERY_MS;
      warm ??= await TableRows.of(running);
      samples.push(await sampleOf(running, beganAtMs));
    }
    await pause(Math.max(0, beganAtMs + (call * 1_000) / CALLS_PER_SECOND - Date.now()));
  }
  await Promise.all(calls);
  const cores = (cpuSeconds(running) - cpuBefore) / ((Date.now() - beganAtMs) / 1_000);
  console.log(
    `${MINUTES} minutes: ${JSON.stringify(outcomes)}, all three services together ${cores.toFixed(2)} of a core`,
  );
  failures.print();
  printReasons(running);
  printMemory(samples);
  const growing = (warm ?? (await TableRows.of(running))).printGrowth(await TableRows.of(running));
  return outcomes.wrong + outcomes.failed + growing.length === 0 ? 0 : 1;
}

async function renew(person: Person): Promise<boolean> {
  let answer = await person.client.refresh(person.refreshToken);
  // All people share one address, which is rate-limited.
  while (answer.status === 429) {
    await pause(TOO_MANY_MS);
    answer = await person.client.refresh(person.refreshToken);
  }
  if (answer.access_token === undefined || answer.refresh_token === undefined) {
    console.log(`not renewed: ${answer.status} ${answer.error ?? ''} ${answer.error_description ?? ''}`);
    return false;
  }
  person.accessToken = answer.access_token;
  person.refreshToken = answer.refresh_token;
  return true;
}

async function callAs(
  { mcpUrl }: World,
  person: Person,
  backend: (typeof BACKENDS)[number],
  outcomes: Outcomes,
  failures: Failures,
): Promise<void> {
  if (Date.now() > person.renewAtMs) {
    person.renewAtMs = Date.now() + RENEW_AFTER_MS;
    person.renewing = renew(person);
    if (await person.renewing) outcomes.renewed += 1;
    else outcomes.failed += 1;
  } else await person.renewing;
  const { who, status, body } = await whoAmI(mcpUrl, person.accessToken, backend);
  const subject = backend === 'status' ? null : `${backend === 'repos' ? 'octo' : 'acme'}-${person.login}`;
  if (who === undefined) {
    outcomes.failed += 1;
    failures.add(`${backend}: ${status} ${JSON.stringify(body).slice(0, 400)}`);
  } else if (who.subject === subject) outcomes.right += 1;
  else outcomes.wrong += 1;
}

/** Why calls failed, in the proxy's own words. */
function printReasons({ replicas }: World): void {
  const reasons = new Map<string, number>();
  for (const { output } of replicas['vmcp-proxy'])
    for (const line of output.split('\n').filter((one) => one.includes('"call-failed"'))) {
      const { backend, reason, cause } = JSON.parse(line) as Record<string, string | undefined>;
      const told = `${backend ?? ''}: ${reason ?? ''} (${cause ?? ''})`;
      reasons.set(told, (reasons.get(told) ?? 0) + 1);
    }
  for (const [told, count] of reasons) console.log(`failed ${count} times at ${told}`);
}

async function sampleOf(running: World, beganAtMs: number): Promise<Sample> {
  const ofEach = async (measure: (service: Service) => Promise<number>) =>
    Object.fromEntries(
      await Promise.all(SERVICES.map(async (service) => [service, await measure(service)] as const)),
    ) as Record<Service, number>;
  return {
    atHours: (Date.now() - beganAtMs) / 3_600_000,
    rssMiB: await ofEach(async (service) => await Promise.resolve(rssMiB(pidOf(running, service)))),
    heapMiB: await ofEach((service) => heapMiB(running, service)),
  };
}

function printMemory(samples: readonly Sample[]): void {
  console.table(
    SERVICES.map((service) => {
      const line = (values: readonly number[]) =>
        linearSlope(samples.map(({ atHours }, index) => [atHours, values[index] ?? 0]));
      const rss = samples.map((sample) => sample.rssMiB[service]);
      return {
        process: service,
        'MiB first': Math.round(rss[0] ?? 0),
        'MiB last': Math.round(rss.at(-1) ?? 0),
        'MiB most': Math.round(Math.max(...rss)),
        'MiB per hour': Math.round(line(rss)),
        'heap MiB per hour': Math.round(line(samples.map((sample) => sample.heapMiB[service]))),
      };
    }),
  );
}

function pidOf({ replicas }: World, service: Service): number {
  return replicas[service][0]?.pid ?? 0;
}

function rssMiB(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1_024;
}

async function heapMiB(running: World, service: Service): Promise<number> {
  const [port = 0] = running.internalPortsOf(service);
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const [, bytes = '0'] = /^\w*nodejs_heap_size_used_bytes (\S+)$/m.exec(text) ?? [];
  return Number(bytes) / 1_048_576;
}

/** User and system time of the three services, in seconds (proc(5): clock ticks, 100 a second). */
function cpuSeconds(running: World): number {
  return SERVICES.map((service) => {
    const fields =
      readFileSync(`/proc/${pidOf(running, service)}/stat`, 'utf8')
        .split(') ')[1]
        ?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }).reduce((sum, seconds) => sum + seconds, 0);
}
