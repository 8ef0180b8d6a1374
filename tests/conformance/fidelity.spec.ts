import { printFigure } from '@gatehouse/testing/figures';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startEverythingWorld, type EverythingWorld } from '../support/conformance/everything-world.js';
import { arrival, FEATURES, QUESTIONS, type Arrival } from '../support/conformance/features.js';
import { testedKinds } from '../support/conformance/known-differences.js';
import {
  ProbingClient,
  type Ability,
  type ClientEra,
  type Place,
} from '../support/conformance/probing-client.js';

const CLIENTS: readonly ClientEra[] = ['modern', 'legacy'];
const SHORT = { dual: 'dual', modern: '2026', legacy: '2025' } as const;
const FOREVER_MS = 900_000;

interface Asked {
  readonly ability?: Ability;
  readonly features?: readonly string[];
}

/** By feature, then by column. */
const table = new Map(Object.keys(FEATURES).map((feature) => [feature, new Map<string, Arrival>()]));
const lostOf = (found: ReadonlyMap<string, Arrival>) =>
  [...found].filter(([, arrived]) => arrived !== 'arrives');
const columnOf = (client: ClientEra, eras: keyof typeof SHORT): string =>
  `${SHORT[client]} to ${SHORT[eras]}`;

afterAll(() => {
  const columns = testedKinds.flatMap((eras) => CLIENTS.map((client) => columnOf(client, eras)));
  printFigure(`fidelity | ${['client to backend', ...columns].join(' | ')}`);
  for (const [feature, cells] of table)
    printFigure(
      `fidelity | ${[feature, ...columns.map((column) => cells.get(column) ?? 'NOT RUN')].join(' | ')}`,
    );
});

describe.each(testedKinds)('before a backend of the kind "%s"', (eras) => {
  let everything: EverythingWorld;
  beforeAll(async () => {
    everything = await startEverythingWorld(eras);
  });
  afterAll(() => everything.close());

  const directly = (): Place => ({ url: everything.backend.url });
  const through = (): Place => ({ url: everything.world.mcpUrl, accessToken: everything.accessToken });

  /** Each feature with a client of its own: none is told what was meant for another. */
  async function arrivals(
    era: ClientEra,
    place: Place,
    { ability = 'answers everything', features = Object.keys(FEATURES) }: Asked = {},
  ): Promise<ReadonlyMap<string, Arrival>> {
    const found = new Map<string, Arrival>();
    for (const feature of features) {
      const from = await ProbingClient.connect(era, ability, place);
      found.set(feature, await arrival(feature, { from, backend: everything.backend }));
      await from.close();
    }
    return found;
  }

  test.each(CLIENTS)(
    'every feature arrives between it and a %s client, and nothing hangs',
    async (era) => {
      // What does not arrive without a gateway says nothing about the gateway.
      if (eras === 'dual' || eras === era) expect(lostOf(await arrivals(era, directly()))).toEqual([]);
      const found = await arrivals(era, through());
      for (const [feature, arrived] of found) table.get(feature)?.set(columnOf(era, eras), arrived);
      expect(lostOf(found)).toEqual([]);
    },
    FOREVER_MS,
  );

  test.each(CLIENTS)(
    'a question to a %s client that can answer nothing ends the call with a refusal, and is not left open',
    async (era) => {
      const found = await arrivals(era, through(), { ability: 'answers nothing', features: QUESTIONS });
      for (const [feature, arrived] of found)
        expect([feature, arrived]).toEqual([feature, expect.stringMatching(/^refused: ./)]);
    },
    FOREVER_MS,
  );
});
