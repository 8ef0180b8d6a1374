import { printFigure } from '@gatehouse/testing/figures';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inAuthorizationServer } from '../support/database.js';

const BURST = 20;

interface Pair {
  readonly token: string;
  readonly accessToken: string;
}

let world: World;
beforeAll(async () => {
  world = await startWorld({ replicas: 2 });
});
afterAll(() => world.close());

/** As if what was used had just been used, however slow the machine. */
const keepInGrace = (): Promise<unknown> =>
  inAuthorizationServer(
    world,
    "update oidc_records set consumed_at = now() + interval '1 hour' where consumed_at is not null",
  );

test.each([0, 1, 5, 15])(
  'an authorization server is killed when %i of a burst of refreshes are answered: all get one successor, nobody is signed out',
  async (answered) => {
    const client = await OAuthClient.register(world.mcpUrl);
    const { refreshToken } = await client.signIn('alice');
    const refresh = async (): Promise<Pair | undefined> => {
      const answer = await client.refresh(refreshToken).catch(() => undefined);
      // A caller without an answer cannot know whether the refresh happened.
      if (answer === undefined || answer.status >= 500) return undefined;
      expect(answer.status).toBe(200);
      return { token: answer.refresh_token ?? '', accessToken: answer.access_token ?? '' };
    };
    const insist = async (): Promise<Pair> => (await refresh()) ?? (await insist());
    const burst = Array.from({ length: BURST }, refresh);
    await Promise.all(burst.slice(0, answered));
    const [killed] = world.replicas['authorization-server'];
    await killed?.kill();
    await keepInGrace();
    const answers = await Promise.all(burst);
    await keepInGrace();
    const retried = answers.filter((one) => one === undefined).length;
    const all = await Promise.all(answers.map(async (one) => one ?? (await insist())));
    const successors = new Set(all.map(({ token }) => token));
    printFigure(
      `killed when ${answered} of ${BURST} refreshes were answered: ${retried} asked again, successors: ${successors.size}`,
    );
    expect(successors.size).toBe(1);
    const [successor = ''] = successors;
    await killed?.start();
    for (const one of all) expect((await whoAmI(world.mcpUrl, one.accessToken, 'status')).status).toBe(200);
    await expect(client.refresh(successor)).resolves.toMatchObject({ status: 200 });
  },
  120_000,
);
