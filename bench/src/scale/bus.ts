import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import type { World } from '@gatehouse/testing/world';
import { round } from '../figures.js';
import { Caller } from '../load.js';
import { SMALL } from '../shapes.js';
import { beginSession, modernCall } from '../targets.js';
import { Paced, type Outcome } from './asks.js';
import { inAskedWorld } from './asked-world.js';
import type { CredentialAsker } from './credential-asker.js';
import type { Extent, Part, Row } from './figures-of-scale.js';
import { renew, signInMany, type Person } from './people.js';
import { turns } from './turns.js';

/**
 * Three servers of the bus, two replicas of every service, and a steady load of four kinds: one server after the other is killed,
 * stays away for a while, and comes back.
 */
const SERVERS = 3;
/** An answer that takes longer is as one that failed: somebody has waited for the bus. */
const SLOW_MS = 1_000;
/** More than are renewed at once while a server is away. */
const PEOPLE = 30;
const PACE = {
  'warm calls': 200,
  'credentials from the vault': 50,
  'new MCP sessions (JetStream)': 8,
  'renewals by clients': 4,
} as const;
type Kind = keyof typeof PACE;

export const bus: Part = {
  name: 'bus',
  async measure(extent) {
    return await inAskedWorld({ replicas: 2, natsServers: SERVERS }, async (world, asker) => ({
      'a server of the bus is killed': await measured(world, asker, extent),
    }));
  },
};

async function measured(world: World, asker: CredentialAsker, { of }: Extent): Promise<readonly Row[]> {
  const client = await OAuthClient.register(world.mcpUrl);
  const people = await signInMany(client, of(PEOPLE, 3));
  const loads = begin(world, client, people, asker);
  const rows: Row[] = [];
  const phase = async (what: string, work: () => Promise<unknown>, lastsMs: number): Promise<void> => {
    const beganAtMs = performance.now();
    const before = loads.map(({ paced }) => paced.outcomes.length);
    await work();
    await pause(Math.max(0, beganAtMs + lastsMs - performance.now()));
    for (const [index, { kind, paced }] of loads.entries())
      rows.push(rowOf(what, kind, paced.outcomes.slice(before[index]), beganAtMs));
  };
  try {
    await phase('all servers are there', async () => await Promise.resolve(), of(5_000, 1_000));
    for (const [index, server] of world.nats.servers.slice(0, of(SERVERS, 1)).entries()) {
      await phase(`server ${index + 1} is killed`, async () => await server.kill(), of(8_000, 3_000));
      await phase(`server ${index + 1} is back`, async () => await server.start(), of(5_000, 1_500));
    }
  } finally {
    await Promise.all(loads.map(async ({ paced }) => await paced.stop()));
    for (const caller of loads.flatMap(({ callers }) => callers)) await caller.close();
  }
  return rows;
}

interface Load {
  readonly kind: Kind;
  readonly paced: Paced;
  readonly callers: readonly Caller[];
}

function begin(
  world: World,
  client: OAuthClient,
  people: readonly Person[],
  asker: CredentialAsker,
): readonly Load[] {
  const urls = world.portsOf('vmcp-proxy').map((port) => `http://127.0.0.1:${port}/mcp`);
  const callers = people.map(
    ({ accessToken }, index) =>
      new Caller(
        { url: urls[index % urls.length] ?? '', ...modernCall(SMALL, 'bench-inject_echo', accessToken) },
        16,
      ),
  );
  const [nextCaller, nextAsking, nextBeginning] = [turns(callers), turns(people), turns(people)];
  const [nextUrl, free] = [turns(urls), [...people]];
  const asks: Readonly<Record<Kind, () => Promise<string | undefined>>> = {
    'warm calls': async () => await nextCaller().call(),
    'credentials from the vault': async () => await asker.ask(nextAsking()),
    'new MCP sessions (JetStream)': async () => {
      await beginSession(nextUrl(), nextBeginning().accessToken);
      return undefined;
    },
    'renewals by clients': async () => {
      const person = free.shift();
      if (person === undefined) return 'everybody is being renewed';
      const wrong = await renew(client, person);
      free.push(person);
      return wrong;
    },
  };
  return (Object.keys(PACE) as Kind[]).map((kind) => ({
    kind,
    paced: new Paced(PACE[kind], asks[kind]),
    callers: kind === 'warm calls' ? callers : [],
  }));
}

function rowOf(phase: string, kind: Kind, outcomes: readonly Outcome[], beganAtMs: number): Row {
  const failed = outcomes.filter(({ wrong }) => wrong !== undefined);
  const late = outcomes.filter(({ wrong, tookMs }) => wrong !== undefined || tookMs > SLOW_MS);
  const wellAgainMs = Math.max(0, ...late.map(({ atMs, tookMs }) => atMs + tookMs - beganAtMs));
  const words = [...new Set(failed.map(({ wrong = '' }) => wrong))];
  return {
    phase,
    kind,
    sent: outcomes.length,
    failed: failed.length,
    'above 1 s': late.length - failed.length,
    'slowest ms': round(Math.max(0, ...outcomes.map(({ tookMs }) => tookMs)), 0),
    'well again after ms': round(wellAgainMs, 0),
    said: words.slice(0, 2).join(', '),
  };
}
