import 'reflect-metadata';
import { until } from '@gatehouse/testing/until';
import { expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { DeviceWorld, type DeviceCode } from '../testing/device-world.js';
import { said, tokenIn } from '../testing/exchange-world.js';
import { shareWorld } from '../testing/service-world.js';

/** A device code that comes more than once, at two replicas: a race, or somebody who has found it. */

const PARALLEL = 8;
const INVALID = '400 invalid_grant';

let world: DeviceWorld;
shareWorld(
  async () => await DeviceWorld.start(),
  (started) => (world = started),
);

/** A code of which somebody has fetched the tokens. */
async function used(): Promise<{ readonly code: DeviceCode; readonly tsid: unknown }> {
  const code = await world.code();
  await world.signIn(code);
  const { tsid } = decodeJwt(tokenIn(await world.poll(code)));
  return { code, tsid };
}

// RFC 8628, section 3.5.
test('of questions at once at two replicas, each of which found the code unused, one gets tokens', async () => {
  const code = await world.code();
  await world.signIn(code);
  const answers = await world.whileHeld(code, async () => {
    const asked = Array.from({ length: PARALLEL }, (_, index) =>
      world.poll(code, { at: index % 2 === 0 ? world.service : world.replica }),
    );
    await until(async () => (await world.waiting()) === PARALLEL);
    return asked;
  });
  const [winner, ...others] = answers.filter(({ status }) => status === 200);
  expect(others).toEqual([]);
  expect(answers.map(said).filter((answer) => answer === INVALID)).toHaveLength(PARALLEL - 1);
  const refreshed = await world.service.refresh(code.clientId, String(winner?.body['refresh_token']));
  expect(refreshed.status).toBe(200);
});

test('a second question at the same moment is a race: it gets nothing, and the session goes on', async () => {
  const { code, tsid } = await used();
  await world.ageUse(code, -60_000);
  expect(said(await world.poll(code, { at: world.replica }))).toBe(INVALID);
  expect(await world.closeReason(tsid)).toBeNull();
});

test('attack: a thief was first, and the device comes at its next interval: the session of the thief ends', async () => {
  const { code, tsid } = await used();
  // Between two of its questions are five seconds.
  await world.ageUse(code, 2_500);
  expect(said(await world.poll(code, { at: world.replica }))).toBe(INVALID);
  expect(await world.closeReason(tsid)).toBe('refresh_token_replayed');
});

test('attack: presented again after its end, it still ends the session that it gave', async () => {
  const { code, tsid } = await used();
  await world.ageUse(code, 60_000);
  await world.age(code, { exp: 1 });
  expect(said(await world.poll(code))).toBe(INVALID);
  expect(await world.closeReason(tsid)).toBe('refresh_token_replayed');
});

test('attack: another client that presents a used one ends nothing', async () => {
  const { code, tsid } = await used();
  await world.ageUse(code, 60_000);
  const clientId = await world.registerDevice();
  expect(said(await world.poll({ ...code, clientId }))).toBe(INVALID);
  expect(await world.closeReason(tsid)).toBeNull();
});
