import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { until } from '@gatehouse/testing/until';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName, type Answer } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = world = started));

let people = 0;
const somebody = (): string => `leaver-${(people += 1)}`;
const toldTheClient = (end: Answer): string | null => new URL(end.location ?? '').searchParams.get('error');
const attemptAtTheVault = (): string => service.vault.begun.at(-1)?.attemptId ?? '';

async function left(): Promise<readonly string[]> {
  const { rows } = await world.rows.query<{ id: string }>({
    name: 'left',
    text: 'select id from abandoned_attempts union all select id from attempts',
  });
  return rows.map(({ id }) => id);
}

/** Nobody takes a message while `work` runs. */
async function withoutBus<Value>(work: () => Promise<Value>): Promise<Value> {
  await world.nats.kill();
  try {
    return await work();
  } finally {
    await world.nats.start();
  }
}

test('giving up leaves nothing behind here or in the vault, and the client hears of it afterwards', async () => {
  const browser = service.browser();
  const failed = await service.answerLeg(browser, await service.atSecondProvider(browser, somebody()), {
    error: 'access_denied',
  });
  const attemptId = attemptAtTheVault();
  expect(toldTheClient(await browser.decide(failed, 'cancel'))).toBe('access_denied');
  await until(() => service.vault.discarded.includes(attemptId));
  await until(async () => !(await left()).includes(attemptId));
});

test('a sign-in that is given up while its message to the vault is lost is over for the client, and is discarded when the bus is back', async () => {
  const browser = service.browser();
  const failed = await service.answerLeg(browser, await service.atSecondProvider(browser, somebody()), {
    error: 'access_denied',
  });
  const attemptId = attemptAtTheVault();
  const end = await withoutBus(() => browser.decide(failed, 'cancel'));
  expect(toldTheClient(end)).toBe('access_denied');
  await until(() => service.vault.discarded.includes(attemptId));
  await until(async () => !(await left()).includes(attemptId));
});

test('a connect page that is left while its message to the vault is lost ends on a page, and is discarded when the bus is back', async () => {
  const browser = service.browser();
  await service.signIn(browser, service.authorizeUrl(await service.register()).url, somebody());
  const away = await browser.decide(await browser.get('/connect/mail'), 'continue');
  const failed = await service.answerLeg(browser, away, { error: 'access_denied' });
  const attemptId = attemptAtTheVault();
  const end = await withoutBus(() => browser.decide(failed, 'cancel'));
  expect(pageName(end)).toBe('cancelled');
  await until(() => service.vault.discarded.includes(attemptId));
});

test('what a replica abandoned and died before it could say so is discarded by another', async () => {
  const attemptId = newAttemptId();
  await world.rows.query({
    name: 'abandoned-and-died',
    text: 'insert into abandoned_attempts (id) values ($1)',
    values: [attemptId],
  });
  await until(() => service.vault.discarded.includes(attemptId));
  await until(async () => !(await left()).includes(attemptId));
});
