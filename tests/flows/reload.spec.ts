import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { Callers, signedIn } from '../support/callers.js';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    workers: 2,
    // Of a provider that is added later as well.
    demonstrationFlags: (portBase) =>
      ['acme-sso', 'octo', 'octo-two'].map(
        (name) => `--callback-url=http://localhost:${portBase + 1}/oauth/callback/${name}`,
      ),
  });
});
afterAll(() => world.close());

const ADDED = { name: 'again', strategy: 'upstreamInject, upstreamInject: { providerName: octo }' };

/** A backend more, which is called with the token of octo as `repos` is. */
const withBackend = (yaml: string): string =>
  yaml
    .replace(
      /^( +- \{ name: )repos(, .*)$/m,
      (line, start: string, rest: string) => `${line}\n${start}${ADDED.name}${rest}`,
    )
    .replace(
      /^( +)repos: \{ type: upstreamInject.*$/m,
      (line, indent: string) => `${line}\n${indent}${ADDED.name}: { type: ${ADDED.strategy} }`,
    );

/** A provider more, like `octo`, whose token the added backend gets. */
const withProvider = (yaml: string): string =>
  withBackend(yaml)
    .replace(/( +- name: octo)( [\s\S]*?)\n\nbackends:/, (_all, name: string, block: string) => {
      const provider = `${name}${block}`;
      return `${provider}\n${name}-two${block}\n\nbackends:`;
    })
    .replace(/( +again: .*providerName: octo)/, '$1-two');

/** How many processes of a service have taken up a file, in all. */
const taken = (service: Service): number =>
  world.replicas[service]
    .map(({ output }) => output.split('"event":"configuration-reloaded"').length - 1)
    .reduce((sum, count) => sum + count, 0);
const processesOf = (service: Service): number => (service === 'vmcp-proxy' ? 2 : 1);

test('three services take up ten files under load, at moments of their own: no call fails, and nobody is somebody else', async () => {
  const people = await Promise.all(['alice', 'bob', 'alice', 'bob'].map((login) => signedIn(world, login)));
  const callers = new Callers(world, people);
  const reloads = 10;
  for (let reload = 1; reload <= reloads; reload += 1) {
    const change = reload % 2 === 1 ? withBackend : (yaml: string): string => yaml;
    // The order in which services see it is not the same each time.
    const order = reload % 3 === 0 ? [...SERVICES].reverse() : SERVICES;
    for (const service of order) await world.reconfigure(change, [service]);
    await until(() => SERVICES.every((service) => taken(service) >= reload * processesOf(service)));
    await callers.more('answered', 1);
  }
  await callers.stop();
  const { right, wrong, refused } = callers;
  printFigure(
    `${reloads} files taken up by three services: ${right} calls right, ${refused.length} refused, ${wrong} wrong`,
  );
  expect(refused).toEqual([]);
  expect(wrong).toBe(0);
});

test('a backend that the proxy knows a moment before the vault is called with the right credential, or can be tried again', async () => {
  const { accessToken } = await signedIn(world, 'alice');
  await world.reconfigure((yaml) => yaml);
  const before = taken('vmcp-proxy');
  await world.reconfigure(withBackend, ['vmcp-proxy']);
  await until(() => taken('vmcp-proxy') >= before + 2);
  const early = whoAmI(world.mcpUrl, accessToken, 'again');
  const vault = taken('token-vault');
  await world.reconfigure(withBackend, ['token-vault', 'authorization-server']);
  await until(() => taken('token-vault') > vault);
  const { who, body } = await early;
  if (who === undefined) expect(JSON.stringify(body)).toMatch(/configuration_differs|try again/i);
  else expect(who.subject).toBe('octo-alice');
  expect((await whoAmI(world.mcpUrl, accessToken, 'again')).who?.subject).toBe('octo-alice');
});

test('the endpoint of a backend that was added is a resource that a client gets a token for', async () => {
  await world.reconfigure(withBackend);
  const place = { ...world, mcpUrl: `${world.mcpUrl}/${ADDED.name}` };
  await until(async () => (await fetch(place.mcpUrl, { method: 'POST' })).status === 401);
  // The authorization server sees the file at a moment of its own. Until then there is no such resource.
  let token: string | undefined;
  await until(async () => {
    const person = await signedIn(place, 'bob').catch((error: unknown) => {
      if (!String(error).includes('invalid_target')) throw error;
    });
    token = person?.accessToken;
    return token !== undefined;
  });
  const { body } = await modernRequest(place.mcpUrl, token ?? '', 'tools/list');
  expect(JSON.stringify(body.result)).toContain('whoami');
});

test('a provider that was added is visited by the next sign-in, and its token goes to the backend that needs it', async () => {
  const before = new Map(SERVICES.map((service) => [service, taken(service)]));
  await world.reconfigure(withProvider);
  await until(() =>
    SERVICES.every((service) => taken(service) >= (before.get(service) ?? 0) + processesOf(service)),
  );
  const { accessToken } = await signedIn(world, 'alice');
  expect((await whoAmI(world.mcpUrl, accessToken, 'again')).who?.subject).toBe('octo-alice');
  // What people are connected to is not taken away from under them.
  await world.reconfigure(withBackend);
  await until(() => world.logs().includes('"fields":"authServer.upstreamProviders.octo-two"'));
  expect((await whoAmI(world.mcpUrl, accessToken, 'again')).who?.subject).toBe('octo-alice');
});
