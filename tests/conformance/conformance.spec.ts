import { printFigure } from '@gatehouse/testing/figures';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthorizingShim } from '../support/conformance/authorizing-shim.js';
import { startEverythingWorld, type EverythingWorld } from '../support/conformance/everything-world.js';
import { knownLosses, testedKinds } from '../support/conformance/known-differences.js';
import { REVISIONS, score, type Revision, type Score } from '../support/conformance/suite.js';
import type { Eras } from '../support/everything/everything-backend.js';

/** What the suite requires of servers: fewer would mean that it was not read right. */
const SCORED: Readonly<Record<Revision, number>> = { '2025-11-25': 30, '2026-07-28': 37 };
const SPEAKS: Readonly<Record<Eras, readonly Revision[]>> = {
  dual: REVISIONS,
  modern: ['2026-07-28'],
  legacy: ['2025-11-25'],
};
/** The suite, directly and through the gateway, and again for what failed; on a busy machine. */
const FOREVER_MS = 900_000;

const passed = ({ scored, lost }: Score): string => `${scored - lost.size}/${scored}`;

describe.each(testedKinds)('before a backend of the kind "%s"', (eras) => {
  let everything: EverythingWorld;
  let shim: AuthorizingShim;

  beforeAll(async () => {
    everything = await startEverythingWorld(eras);
    shim = await AuthorizingShim.start(everything.world.mcpUrl, everything.accessToken);
  });
  afterAll(async () => {
    await shim.close();
    await everything.close();
  });

  test.each(REVISIONS)(
    'a person’s client of %s loses no scored scenario on its way through the gateway',
    async (revision) => {
      const direct = SPEAKS[eras].includes(revision)
        ? await score(everything.backend.url, revision)
        : undefined;
      const known = knownLosses(eras, revision);
      const through = await score(shim.url, revision, known);
      const { lost } = through;
      printFigure(
        `conformance | ${revision} | ${eras} | ${direct === undefined ? 'not spoken' : passed(direct)} | ${passed(through)} | ${[...lost.keys()].join(' ')}`,
      );
      expect(direct ?? { scored: SCORED[revision], lost: new Map() }).toEqual({
        scored: SCORED[revision],
        lost: new Map(),
      });
      expect(through.scored).toBe(SCORED[revision]);
      expect(Object.fromEntries([...lost].filter(([scenario]) => !known.includes(scenario)))).toEqual({});
      expect(known.filter((scenario) => !lost.has(scenario))).toEqual([]);
    },
    FOREVER_MS,
  );
});
