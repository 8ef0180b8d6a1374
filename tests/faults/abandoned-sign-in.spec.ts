import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { stagedAttempts } from '../support/database.js';

let world: World;
beforeAll(async () => {
  world = await startWorld({ replicas: 2 });
});
afterAll(() => world.close());
beforeEach(() => world.demonstration.reset());

const GIVE_UP = { button: { name: 'decision', value: 'cancel' } } as const;

/** A person whose first leg is done and staged, before the page that says that the second one failed. */
async function atFailedSecondLeg(login: string) {
  await world.demonstration.setFault({ part: 'octo', endpoint: 'token', mode: 'status500', times: 1 });
  const client = await OAuthClient.register(world.mcpUrl);
  const before = await stagedAttempts(world);
  const browser = newBrowser();
  await signIn(browser, client.authorizationRequest().url, { login, password: PASSWORD });
  const mine = [...(await stagedAttempts(world))].filter((attempt) => !before.has(attempt));
  expect(mine).toHaveLength(1);
  return { browser, attempt: mine[0] ?? '' };
}

const isGone = (attempt: string) => until(async () => !(await stagedAttempts(world)).has(attempt));

async function giveUp({ browser }: Awaited<ReturnType<typeof atFailedSecondLeg>>): Promise<string | null> {
  const landing = await browser.submit(GIVE_UP);
  if (landing.kind !== 'stopped') throw new Error(`giving up ended at ${browser.page.url}`);
  return new URL(landing.url).searchParams.get('error');
}

const killAll = (service: 'token-vault' | 'authorization-server') =>
  Promise.all(world.replicas[service].map((replica) => replica.kill()));
const startAll = (service: 'token-vault' | 'authorization-server') =>
  Promise.all(world.replicas[service].map((replica) => replica.start()));

test('a sign-in that is given up while every vault is dead leaves nothing in the vault once one is back', async () => {
  const person = await atFailedSecondLeg('ines');
  await killAll('token-vault');
  expect(await giveUp(person)).toBe('temporarily_unavailable');
  expect([...(await stagedAttempts(world))]).toContain(person.attempt);
  await startAll('token-vault');
  await isGone(person.attempt);
});

test('a sign-in that is given up leaves nothing in the vault even when the authorization server dies before it could say so', async () => {
  const person = await atFailedSecondLeg('jara');
  await world.nats.kill();
  await giveUp(person);
  await killAll('authorization-server');
  await world.nats.start();
  expect([...(await stagedAttempts(world))]).toContain(person.attempt);
  await startAll('authorization-server');
  await isGone(person.attempt);
});

test('what a provider answers after the user gave up in another tab is not staged', async () => {
  const octo = await world.demonstration.holdNext('octo', 'token');
  const client = await OAuthClient.register(world.mcpUrl);
  const before = await stagedAttempts(world);
  const { url } = client.authorizationRequest();
  const tab = newBrowser();
  await tab.open(url);
  // The same browser goes on; the tab stays at the page that asks for approval.
  const waiting = newBrowser(tab.jar);
  await waiting.open(tab.page.url);
  const walk = signIn(waiting, waiting.page.url, { login: 'kira', password: PASSWORD });
  await until(octo.isHeld);
  const landing = await tab.submit(GIVE_UP);
  expect(landing.kind).toBe('stopped');
  await octo.letGo();
  await walk;
  expect(waiting.page.status).toBe(400);
  await until(async () => [...(await stagedAttempts(world))].every((attempt) => before.has(attempt)));
});
