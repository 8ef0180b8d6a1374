import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld } from '@gatehouse/testing/world';
import { LONG_LIVED } from '../bench-world.js';
import type { Extent, Part, PartName, Row, Tables } from './figures-of-scale.js';
import { listsWith } from './lists.js';
import { startManyBackends, type Many } from './many-backends.js';

const BACKENDS = [1, 10, 100, 500];
const TOOLS = [1, 1_000, 10_000, 50_000];
/** No more of one backend are taken (`apps/vmcp-proxy/src/catalog/sound-list.flow.ts`). */
const TOOLS_OF_A_BACKEND = 2_000;

/** Each with a token of its own for each person. */
export const backends: Part = {
  name: 'backends',
  measure: async ({ of }) =>
    await measured(
      'backends',
      of(BACKENDS, [1, 10]).map((count) => ({ backends: count, toolsOfEach: 5, isPerUser: true })),
    ),
};

/** The names that clients see follow one of two rules: a prefix for all, or none where there is no conflict. */
export const tools: Part = {
  name: 'tools',
  measure: async (extent) =>
    await measured('tools', [...extent.of(TOOLS, [1, 200]).map(withTools), withoutPrefix(extent)]),
};

function withTools(count: number): Many {
  const backendsNeeded = Math.ceil(count / TOOLS_OF_A_BACKEND);
  return { backends: backendsNeeded, toolsOfEach: Math.ceil(count / backendsNeeded), isPerUser: false };
}

const withoutPrefix = ({ of }: Extent): Many => ({
  ...withTools(of(TOOLS.at(-1) ?? 0, 200)),
  conflictResolution: 'priority',
});

async function measured(what: PartName, all: readonly Many[]): Promise<Tables> {
  const program = await startManyBackends();
  const world = await startWorld({
    demonstrationFlags: LONG_LIVED,
    configure: (yaml) => program.configured(yaml, { backends: 1, toolsOfEach: 1, isPerUser: true }),
    nodeFlags: [],
    probeEveryMs: 5_000,
  });
  try {
    const client = await OAuthClient.register(world.mcpUrl);
    const [first, second] = [await client.signIn('alice'), await client.signIn('bob')];
    const rows: Row[] = [];
    for (const many of all)
      rows.push(await listsWith(world, many, program, [first.accessToken, second.accessToken]));
    return { [`${what} and their lists`]: rows };
  } finally {
    await world.close();
    await program.close();
  }
}
