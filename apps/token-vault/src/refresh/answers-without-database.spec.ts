import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import type { SessionId } from '@gatehouse/kernel/ids';
import { BreakableLink } from '@gatehouse/testing/breakable-link';
import { printFigure } from '@gatehouse/testing/figures';
import { until } from '@gatehouse/testing/until';
import { SubjectTokens } from '../credentials/subject-tokens.flow.js';
import { startRefreshWorld, type RefreshWorld } from '../testing/refresh-world.js';
import type { TestVault } from '../testing/test-vault.js';
import { oidcProvider } from '../testing/vault-config.js';
import { AnswerCopies } from './answer-copies.store.js';
import { RecoverAnswers } from './recover-answers.flow.js';
import { Refresher } from './refresher.flow.js';

let world: RefreshWorld;
let link: BreakableLink;
let far: TestVault;

/** The world's own two replicas have the database at hand; `far` is a third one whose way there can break. */
beforeAll(async () => {
  world = await startRefreshWorld();
  const broken = await BreakableLink.toDatabase(world.databaseUrl.reveal());
  ({ link } = broken);
  far = await world.startVault({
    // Slow providers are the point here.
    providers: [{ ...oidcProvider('acme', world.stub.issuer), timeoutMs: 30_000 }],
    backends: {},
    databaseUrl: new Secret(broken.url),
  });
});
afterEach(() => {
  link.heal();
  world.stub.reset();
});
afterAll(async () => {
  link.heal();
  await far.close();
  await link.close();
  await world.close();
});

/** How often the provider was sent a refresh token, answered or not. */
let sent = 0;
const begun = async () => {
  const session = await world.expired();
  sent = 0;
  world.stub.misbehave.set('token', (_request, _response, form) => {
    if (form.get('grant_type') === 'refresh_token') sent += 1;
    return 'as-usual';
  });
  return session;
};

/** Over a replica that has the database at hand; the bus would choose one of all three. */
const refreshNear = async (tsid: string): Promise<string> => {
  const subjects = world.vault.app.get(SubjectTokens);
  const { connection } = await subjects.bound(tsid as SessionId, 'acme');
  return (await subjects.tokens(connection)).tokens.accessToken;
};

/** Lets `far` begin a refresh; the provider answers when `answer` is called. */
async function refreshAtFar(tsid: string) {
  const entered = Promise.withResolvers<undefined>();
  const answer = Promise.withResolvers<undefined>();
  world.stub.misbehave.set('token', async (_request, _response, form) => {
    if (form.get('grant_type') === 'refresh_token') {
      sent += 1;
      entered.resolve(undefined);
      await answer.promise;
    }
    return 'as-usual';
  });
  const subjects = far.app.get(SubjectTokens);
  const { connection } = await subjects.bound(tsid as SessionId, 'acme');
  const done = subjects.tokens(connection).then(
    () => 'refreshed',
    (error: unknown) => error,
  );
  await entered.promise;
  return {
    done,
    connection,
    answer: () => {
      answer.resolve(undefined);
    },
  };
}

describe.each(['freeze', 'cut'] as const)('a database that is away (%s) while a provider answers', (how) => {
  test('costs nobody a grant: the answer is kept until it is back, and nobody sends the old token meanwhile', async () => {
    const { tsid, accountId } = await begun();
    const { done, answer } = await refreshAtFar(tsid);
    link[how]();
    answer();
    // Longer than a lease lasts: others may take over, and find that the answer is there.
    await until(async () => (await world.rowOf(accountId)).leaseIsOver);
    link.heal();
    expect(await done).toBe('refreshed');
    expect(sent).toBe(1);
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', version: 2 });
    await world.expire(accountId);
    await expect(refreshNear(tsid)).resolves.toMatch(/^access-alice/);
  });
});

test('a replica that is cut off from the database while it waits for the provider is not taken for dead', async () => {
  const { tsid, accountId } = await begun();
  const { done, answer } = await refreshAtFar(tsid);
  const looks = jest.spyOn(world.vault.app.get(AnswerCopies), 'find');
  link.freeze();
  const other = refreshNear(tsid).catch(() => 'busy');
  // The others see its lease run out, and then its sign of life.
  await until(async () => {
    const row = await world.rowOf(accountId);
    return !row.leased || row.begun;
  });
  // Two looks make a decision; the third one comes after whoever looked has decided to wait.
  await until(() => looks.mock.calls.length >= 3);
  looks.mockRestore();
  expect(sent).toBe(1);
  answer();
  await other;
  // It has no way to the database yet: the others get the answer from its second place.
  await until(async () => (await refreshNear(tsid).catch(() => '')).startsWith('access-alice'));
  link.heal();
  await done;
  expect(sent).toBe(1);
});

test('an answer that only a dead process had is found in its second place and published', async () => {
  const { tsid, accountId } = await begun();
  const { answer, connection } = await refreshAtFar(tsid);
  link.freeze();
  answer();
  const copies = world.vault.app.get(AnswerCopies);
  await until(async () => (await copies.connectionIds()).includes(connection.id));
  // `far` never comes back to the database in time; to the others it is a process that died.
  await world.vault.app.get(RecoverAnswers).run();
  expect(await world.rowOf(accountId)).toMatchObject({ answered: true });
  await expect(refreshNear(tsid)).resolves.toMatch(/^access-alice/);
  expect(sent).toBe(1);
  link.heal();
  await until(async () => !(await copies.connectionIds()).includes(connection.id));
});

test('a leader that died is followed by another within three seconds', async () => {
  const { tsid, accountId } = await begun();
  await world.change(
    accountId,
    `lease_owner = gen_random_uuid(), lease_until = now() + interval '2500 ms', refresh_started_at = now()`,
  );
  const beganMs = performance.now();
  await refreshNear(tsid);
  printFigure(`a refresh whose leader died: next leader after ${Math.round(performance.now() - beganMs)} ms`);
  expect(sent).toBe(1);
});

test('a stop waits for the provider and for the database', async () => {
  const { tsid, accountId } = await begun();
  const { answer, connection } = await refreshAtFar(tsid);
  const stopped = far.app.get(Refresher).onApplicationShutdown();
  let isStopped = false;
  void stopped.then(() => (isStopped = true));
  link.cut();
  answer();
  const copies = world.vault.app.get(AnswerCopies);
  await until(async () => (await copies.connectionIds()).includes(connection.id));
  expect(isStopped).toBe(false);
  link.heal();
  await stopped;
  expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', version: 2 });
});
