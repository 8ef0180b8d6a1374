import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { refreshTokenOf, REFUSED, RotationWorld, tsidOf } from '../testing/rotation-world.js';
import { shareWorld } from '../testing/service-world.js';

let world: RotationWorld;

shareWorld(
  () => RotationWorld.start(),
  (started) => (world = started),
);

interface Sessions {
  readonly clientId: string;
  readonly login: string;
  readonly older: { readonly tsid: string; readonly first: string };
}

async function signedIn(): Promise<Sessions> {
  const login = world.nextPerson();
  const { clientId, answer } = await world.service.tokens(login);
  return { clientId, login, older: { tsid: tsidOf(answer), first: refreshTokenOf(answer) } };
}

/** @returns the new session. */
async function signInAgain(clientId: string, login: string): Promise<string> {
  const { service } = world;
  const { url, verifier } = service.authorizeUrl(clientId);
  const result = await service.signIn(service.browser(), url, login);
  return tsidOf(await service.redeem(clientId, result.get('code') ?? '', verifier));
}

/** Two are given the same successor. */
async function answeredTwice({ clientId, older: { tsid, first } }: Sessions): Promise<string> {
  const thiefs = await world.successorOf(clientId, first, world.replica);
  await world.keepInGrace(tsid);
  expect(await world.successorOf(clientId, first)).toBe(thiefs);
  return thiefs;
}

const closeReason = async (tsid: string): Promise<string | null | undefined> =>
  (await world.sessionOf(tsid))?.close_reason;

test('a client that was answered twice and signs in afresh lost the answer: whoever holds it is signed out (theft)', async () => {
  const sessions = await signedIn();
  const { clientId, login, older } = sessions;
  const thiefs = await answeredTwice(sessions);
  const before = await world.alarms('signed_in_again');
  const newer = await signInAgain(clientId, login);
  expect(await closeReason(older.tsid)).toBe('refresh_token_replayed');
  expect(await world.alarms('signed_in_again')).toBe(before + 1);
  expect(await world.replica.refresh(clientId, thiefs)).toMatchObject(REFUSED);
  expect(await closeReason(newer)).toBeNull();
  await until(() => world.service.vault.closed.includes(older.tsid));
});

test('one that goes on with what it was given keeps its session beside the new one', async () => {
  const sessions = await signedIn();
  const { clientId, login, older } = sessions;
  const next = await world.successorOf(clientId, await answeredTwice(sessions));
  const newer = await signInAgain(clientId, login);
  expect([await closeReason(older.tsid), await closeReason(newer)]).toEqual([null, null]);
  expect((await world.service.refresh(clientId, next)).status).toBe(200);
});

test('one that was answered once keeps its session, too: people have more than one device', async () => {
  const { clientId, login, older } = await signedIn();
  await world.successorOf(clientId, older.first);
  await signInAgain(clientId, login);
  expect(await closeReason(older.tsid)).toBeNull();
});

test('and nobody ends the session of another account, or at another client', async () => {
  const sessions = await signedIn();
  const { clientId, login, older } = sessions;
  await answeredTwice(sessions);
  await signInAgain(clientId, world.nextPerson());
  await signInAgain(await world.service.register(), login);
  expect(await closeReason(older.tsid)).toBeNull();
});
