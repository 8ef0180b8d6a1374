import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@gatehouse/testing/free-port';
import { inRepository } from '@gatehouse/testing/repository';
import { PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import { SERVICES } from '@gatehouse/kernel/services';
import { Program } from '@gatehouse/testing/program';
import { until } from '@gatehouse/testing/until';
import { startWorld } from '@gatehouse/testing/world';
import { TableRows } from './growth.js';
import { haveFaults, isWell, type Faulty } from './soak/faults.js';
import { Ledger } from './soak/ledger.js';
import { TELLS_LIVE_HEAP } from './soak/live-heap.js';
import { leftovers } from './soak/leftovers.js';
import { ALL_HAVE_WORKED_MS, Life } from './soak/life.js';
import { Memory } from './soak/memory.js';
import { COOL_DOWN_MS, KEPT_FOR_MS, OPTIONS, UPDATE_EVERY_MS, WARM_UP_MS } from './soak/options.js';
import { Person } from './soak/person.js';
import { Phases } from './soak/phases.js';
import { startSoakPostgres } from './soak/soak-postgres.js';
import { storeConnections } from './stored-connections.js';

/**
 * Two replicas of everything, people with clients of both eras who do all that clients do, and one fault after the other. Is
 * memory flat, does every request have its response and every stream its end, and is every answer its person's own? Prints a
 * verdict, also when it is interrupted; its exit code is that verdict.
 */
const TTL = String(OPTIONS.ttlSeconds);
const TTLS = ['acme', 'octo']
  .flatMap((name) => [`--${name}-access-token-ttl`, TTL])
  .concat('--sts-token-ttl', TTL);
const MINUTE_MS = 60_000;
/** Of short runs, whose faults follow each other at once, and of long ones. */
const FAULT_EVERY_MS = Math.min(60_000, OPTIONS.minutes * 5_000);
/** Until then tables still fill up with what lives for a while. */
const TABLES_TELL_FROM_MINUTES = 30;

const stop = new AbortController();
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    isInterrupted = true;
    stop.abort();
  });

const faulty = await start();
try {
  process.exitCode = await soak(faulty);
} finally {
  if (OPTIONS.logs !== undefined) writeLogs(faulty, OPTIONS.logs);
  await faulty.world.close();
  await faulty.backend.stop();
  await faulty.postgres.close();
}

async function start(): Promise<Faulty> {
  const postgres = await startSoakPostgres();
  const backendPort = await freePort();
  const world = await startWorld({
    replicas: 2,
    postgres: postgres.url,
    demonstrationFlags: TTLS,
    // As installed services: without maps of sources, which cost memory.
    nodeFlags: TELLS_LIVE_HEAP,
    configure: (yaml) => configured(yaml, backendPort),
  });
  const userUrl = `http://127.0.0.1:${world.portBase + PORT_OFFSETS.octo}/user`;
  const backend = new Program({
    name: 'soak backend',
    script: inRepository('bench/dist/soak/backend-program.js'),
    args: [String(backendPort), userUrl, String(UPDATE_EVERY_MS)],
    isReady: (output) => output.includes('soak backend ready'),
  });
  await backend.start();
  // Probes that came before it have found nobody.
  await until(() => isWell(world));
  if (OPTIONS.stored > 0) await storeConnections(world, OPTIONS.stored);
  return { world, postgres, backend };
}

function configured(yaml: string, backendPort: number): string {
  return yaml
    .replace(
      'authServer:\n',
      'authServer:\n  tokenLifespans: { accessTokenLifespan: 5m, refreshTokenLifespan: 12m }\n',
    )
    .replace(
      'backends:\n',
      `backends:\n  - { name: soak, url: http://localhost:${backendPort}/mcp, transport: streamable-http }\n`,
    )
    .replace(
      '  backends:\n',
      '  backends:\n    soak: { type: upstreamInject, upstreamInject: { providerName: octo } }\n',
    )
    .concat(`\nresumption: { keepFor: ${KEPT_FOR_MS / 1_000}s }\n`);
}

async function soak({ world, ...rest }: Faulty): Promise<number> {
  const phases = new Phases();
  const ledger = new Ledger(phases);
  const memory = new Memory({ world, ...rest });
  // What an interruption breaks says nothing.
  stop.signal.addEventListener('abort', () => ledger.close(), { once: true });
  const people: Person[] = [];
  const lives: Promise<void>[] = [];
  for (let index = 0; index < OPTIONS.people && !stop.signal.aborted; index += 1) {
    const person = await Person.signIn(world.mcpUrl, `person-${index}`, stop.signal);
    people.push(person);
    // Signing in takes longer than a token lives.
    lives.push(person.keepSignedIn(ledger, stop.signal));
  }
  console.log(
    `${people.length} people have signed in; ${OPTIONS.minutes} minutes, ${OPTIONS.stored} connections are stored`,
  );
  const beganAtMs = Date.now();
  for (const person of people)
    for (const era of ['legacy', 'modern'] as const)
      lives.push(new Life(world.mcpUrl, person, era, ledger, stop.signal).live());
  const tell = setInterval(() => {
    const minute = ((Date.now() - beganAtMs) / MINUTE_MS).toFixed(0);
    console.log(
      `minute ${minute}: ${ledger.answered} right, ${ledger.failed} failed (${ledger.unexpected} unexpected), ${ledger.updates} updates; MiB: ${memory.now}`,
    );
  }, MINUTE_MS).unref();
  const rests = async (ms: number): Promise<void> => {
    await pause(ms, undefined, { signal: stop.signal }).catch(() => undefined);
  };
  await rests(Math.max(WARM_UP_MS, ALL_HAVE_WORKED_MS));
  await memory.isWarm();
  const before = await TableRows.of(world).catch(() => undefined);
  const noMoreFaults = new AbortController();
  stop.signal.addEventListener('abort', () => noMoreFaults.abort(), { once: true });
  const unmended: string[] = [];
  const faults = OPTIONS.isCalm
    ? Promise.resolve()
    : haveFaults({ world, ...rest }, phases, noMoreFaults.signal, FAULT_EVERY_MS).catch((error: unknown) => {
        if (!isInterrupted) unmended.push(String(error).slice(0, 400));
        stop.abort();
      });
  await rests(beganAtMs + OPTIONS.minutes * MINUTE_MS - COOL_DOWN_MS - Date.now());
  noMoreFaults.abort();
  await faults;
  await rests(COOL_DOWN_MS);
  if (!isInterrupted) await memory.stop();
  stop.abort();
  clearInterval(tell);
  await Promise.all(lives);
  const left = isInterrupted ? [] : await leftovers(world);
  return verdict({
    phases,
    ledger,
    memory,
    left,
    unmended,
    minutes: (Date.now() - beganAtMs) / MINUTE_MS,
    grown: await growth(before),
  });
}

/** What each program has printed, a file each. */
function writeLogs({ world, backend }: Faulty, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const service of SERVICES)
    for (const [index, program] of world.replicas[service].entries())
      writeFileSync(join(folder, `${service}-${index}.log`), program.output);
  writeFileSync(join(folder, 'backend.log'), backend.output);
}

/** @returns tables that have more rows than they should keep. */
async function growth(before: TableRows | undefined): Promise<readonly string[]> {
  const after = await TableRows.of(faulty.world).catch(() => undefined);
  const grown = before === undefined || after === undefined ? [] : before.printGrowth(after);
  return OPTIONS.minutes < TABLES_TELL_FROM_MINUTES || isInterrupted ? [] : grown;
}

interface Found {
  readonly phases: Phases;
  readonly ledger: Ledger;
  readonly memory: Memory;
  readonly left: readonly string[];
  /** Why a part did not come back. */
  readonly unmended: readonly string[];
  readonly grown: readonly string[];
  readonly minutes: number;
}

function verdict({ phases, ledger, memory, left, unmended, grown, minutes }: Found): number {
  phases.printLengths();
  console.table(Object.fromEntries([...ledger.right].sort()));
  ledger.print();
  const growing = memory.print();
  const stuck = ledger.of('stuck stream') + ledger.of('silence') + left.length;
  const wrong = ledger.of('wrong user') + ledger.of('wrong answer');
  const rows: readonly (readonly [string, number, string])[] = [
    ['stuck streams, and requests without a response', stuck, left.join(', ')],
    ['answers of another user, or to another question', wrong, ''],
    ['errors that were not expected', ledger.unexpected, `of ${ledger.failed}`],
    ['processes whose memory grows', growing.length, growing.join(', ')],
    ['faults that could not be mended', unmended.length, unmended.join(', ')],
    ['tables that grow', grown.length, grown.join(', ')],
  ];
  for (const [what, count, more] of rows)
    console.log(`${count === 0 ? 'good' : 'BAD '}  ${what}: ${count} ${more}`);
  const isGood = rows.every(([, count]) => count === 0);
  console.log(
    `${isGood ? 'PASSED' : 'FAILED'} after ${minutes.toFixed(1)} minutes${isInterrupted ? ' (interrupted)' : ''}: ${ledger.answered} right answers, ${ledger.failed} errors, ${ledger.updates} updates`,
  );
  return isGood ? 0 : 1;
}
