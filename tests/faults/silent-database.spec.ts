import { BreakableLink } from '@gatehouse/testing/breakable-link';
import { printFigure } from '@gatehouse/testing/figures';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import { startWorld, type Reached, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn, type SignedIn } from '../support/callers.js';

type Owner = Exclude<Reached, 'nats'>;

/** So that the vault is asked at nearly every call. */
const STS_TTL_SECONDS = '3';

let world: World;
let person: SignedIn;
const links = new Map<Reached, BreakableLink>();

beforeAll(async () => {
  world = await startWorld({
    demonstrationFlags: ['--sts-token-ttl', STS_TTL_SECONDS],
    reach: async (part, url) => {
      if (part === 'nats') return url;
      const linked = await BreakableLink.toDatabase(url);
      links.set(part, linked.link);
      return linked.url;
    },
  });
  person = await signedIn(world, 'alice');
});
afterAll(async () => {
  for (const link of links.values()) link.heal();
  await world.close();
  await Promise.all([...links.values()].map((link) => link.close()));
});

const isReady = async (service: Owner): Promise<boolean> => {
  const [port = 0] = world.internalPortsOf(service);
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
  await answer.arrayBuffer();
  return answer.ok;
};

interface Asked {
  readonly right: boolean;
  /** The caller is told that asking again helps. */
  readonly retryable: boolean;
  readonly said: string;
}

/** Something that needs the database of the service at once. */
const ASK: Readonly<Record<Owner, () => Promise<Asked>>> = {
  'token-vault': async () => {
    const { who, body } = await whoAmI(world.mcpUrl, person.accessToken, 'tickets');
    const said = JSON.stringify(body);
    return {
      right: who?.subject === 'acme-alice',
      retryable: /safe to try again.*\(unavailable\)/.test(said),
      said,
    };
  },
  'authorization-server': async () => {
    const answer = await fetch(`${world.issuer}/oauth/token`, {
      method: 'POST',
      // An unknown id: the answer comes from the database.
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: person.client.clientId,
        refresh_token: 'unknown',
      }),
    });
    const said = await answer.text();
    return {
      right: answer.status === 400 && said.includes('invalid_grant'),
      retryable:
        answer.status === 503 &&
        answer.headers.get('retry-after') !== null &&
        said.includes('temporarily_unavailable'),
      said: `${answer.status} ${said}`,
    };
  },
};

/** Every connection of the service's pools is open. */
const busy = (owner: Owner) => Promise.all(Array.from({ length: 20 }, () => ASK[owner]()));

test.each<Owner>(['token-vault', 'authorization-server'])(
  'the database of the %s goes silent without closing a connection: what is asked is retryable, health tells, and all works again once an address works',
  async (owner) => {
    const link = links.get(owner);
    const ask = ASK[owner];
    await until(async () => (await ask()).right);
    await busy(owner);
    const silentMs = performance.now();
    link?.freeze();
    // When the caches have expired, no call can succeed.
    await until(async () => !(await ask()).right);
    await until(async () => !(await isReady(owner)));
    const toldMs = performance.now() - silentMs;
    const meanwhile = await busy(owner);
    const others = meanwhile.filter(({ right, retryable }) => !right && !retryable);
    const healedMs = performance.now();
    // A new address: the old connections stay dead.
    link?.heal();
    await until(async () => (await ask()).right);
    const firstMs = performance.now() - healedMs;
    await until(async () => (await busy(owner)).every(({ right }) => right));
    await until(() => isReady(owner));
    const seconds = (ms: number) => (ms / 1_000).toFixed(1);
    printFigure(
      `database of the ${owner} silent: not ready after ${seconds(toldMs)} s; of ${meanwhile.length} asked meanwhile not retryable ${others.length}; after it works again the first right answer after ${seconds(firstMs)} s, all right after ${seconds(performance.now() - healedMs)} s`,
    );
    expect(others.map(({ said }) => said)).toEqual([]);
  },
);

test('a page for a person says that a part is away, with 503, while the database is silent', async () => {
  const link = links.get('authorization-server');
  const { url } = person.client.authorizationRequest();
  link?.freeze();
  const page = await fetch(url, { headers: { accept: 'text/html' }, redirect: 'manual' });
  const text = await page.text();
  link?.heal();
  expect([page.status, page.headers.get('retry-after')]).toEqual([503, '2']);
  expect(text).toMatch(/A part of the gateway is unavailable/);
  await until(() => isReady('authorization-server'));
});
