import { printFigure } from '@gatehouse/testing/figures';
import { SpreadClient, type Era } from '@gatehouse/testing/spread-client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startEverythingWorld, type EverythingWorld } from '../support/conformance/everything-world.js';
import type { Eras } from '../support/everything/everything-backend.js';
import { arrival, type Arrival } from '../support/matrix/arrival.js';
import { FEATURES, type Feature } from '../support/matrix/cells.js';

const CLIENTS: readonly Era[] = ['legacy', 'modern'];
const BACKENDS: readonly Eras[] = ['legacy', 'modern', 'dual'];
/** For what hangs; nothing here takes a second on a machine that has time. */
const ANSWERED_WITHIN_MS = 60_000;
const FOREVER_MS = 900_000;

/** For each feature, by column. */
const table = new Map(FEATURES.map((feature) => [feature, new Map<string, Arrival>()]));
const columnOf = (client: Era, backend: Eras): string => `${client} to ${backend}`;

afterAll(() => {
  const columns = BACKENDS.flatMap((backend) => CLIENTS.map((client) => columnOf(client, backend)));
  printFigure(`two replicas | ${['client to backend', ...columns].join(' | ')}`);
  for (const [feature, cells] of table)
    printFigure(
      `two replicas | ${[feature, ...columns.map((column) => cells.get(column) ?? 'NOT RUN')].join(' | ')}`,
    );
});

interface Refusal {
  readonly features: readonly Feature[];
  readonly client: Era;
  readonly backends: readonly Eras[];
  readonly told: RegExp;
}

/** An answer that is right a while later. */
const LATE = /^(refused: it does not come|arrives)$/;

/** What does not arrive, and what the client is told at once in its place. Everything else arrives. */
const REFUSED: readonly Refusal[] = [
  {
    features: ['subscriptions/listen, of a resource'],
    client: 'legacy',
    backends: BACKENDS,
    told: /-32601/,
  },
  {
    features: ['resources/subscribe, asked of the other replica'],
    client: 'modern',
    backends: BACKENDS,
    told: /-32601/,
  },
  {
    // Only who listens makes a replica look. Another one shows what it listed up to thirty seconds ago. Where replicas tell each
    // other, this entry goes.
    features: ['list_changed, and the list of the other replica'],
    client: 'legacy',
    backends: BACKENDS,
    told: LATE,
  },
  {
    features: ['list_changed, and the list of the other replica'],
    client: 'modern',
    backends: BACKENDS,
    told: LATE,
  },
  {
    // This revision has no streams that are resumed.
    features: ['resumption at the other replica'],
    client: 'modern',
    backends: BACKENDS,
    told: /refused: 40\d$/,
  },
];

const refusalOf = (feature: Feature, client: Era, backend: Eras): Refusal | undefined =>
  REFUSED.find(
    (one) => one.features.includes(feature) && one.client === client && one.backends.includes(backend),
  );

describe.each(BACKENDS)('before a backend of the kind "%s"', (backend) => {
  let everything: EverythingWorld;
  beforeAll(async () => {
    everything = await startEverythingWorld(backend, 2);
  });
  afterAll(() => everything.close());

  /** The state is at one replica, and then at the other one. A client of its own: none is told what was meant for another. */
  async function arrivalOf(feature: Feature, era: Era): Promise<Arrival> {
    const { world, accessToken } = everything;
    const urls = world.portsOf('vmcp-proxy').map((port) => `http://127.0.0.1:${port}/mcp`);
    const arrived = new Set<Arrival>();
    for (const [here, there] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const client = await new SpreadClient(era, {
        urls,
        accessToken,
        withinMs: ANSWERED_WITHIN_MS,
      }).connect();
      arrived.add(
        await arrival(feature, { client, backend: everything.backend, here, there }, ANSWERED_WITHIN_MS),
      );
      expect(await client.unanswered()).toEqual([]);
      client.leave();
      await client.end();
    }
    return [...arrived].find((one) => one !== 'arrives') ?? 'arrives';
  }

  describe.each(CLIENTS)('a %s client', (client) => {
    test.each(FEATURES)(
      '%s: its state at one replica, its next request at the other: it arrives, or the client is told at once',
      async (feature) => {
        const arrived = await arrivalOf(feature, client);
        table.get(feature)?.set(columnOf(client, backend), arrived);
        const refusal = refusalOf(feature, client, backend);
        if (refusal === undefined) expect(arrived).toBe('arrives');
        else expect(arrived).toMatch(refusal.told);
      },
      FOREVER_MS,
    );
  });
});
