import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { sha256 } from '@gatehouse/kernel/digest';
import { until } from '@gatehouse/testing/until';
import { decodeJwt } from 'jose';
import { Housekeeping } from '../housekeeping/housekeeping.job.js';
import { refreshTokenOf, REFUSED, RotationWorld, tsidOf } from '../testing/rotation-world.js';
import { shareWorld } from '../testing/service-world.js';

let world: RotationWorld;

shareWorld(
  () => RotationWorld.start(),
  (started) => (world = started),
);

const LEFT_MS = 30_000;

test('nothing that is issued outlives the session, however often it is renewed (a thief in step with its client)', async () => {
  const { clientId, tsid, first } = await world.signedIn();
  const { sessionLifespanMs, refreshTokenLifespanMs } = world.service.config.tokenLifespans;
  const early = await world.sessionOf(tsid);
  expect(early?.expires_at.getTime()).toBeLessThanOrEqual(Date.now() + refreshTokenLifespanMs);
  await world.openedAgo(tsid, sessionLifespanMs - LEFT_MS);
  const endsAtMs = Date.now() + LEFT_MS;
  const answer = await world.service.refresh(clientId, first);
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.expires_in).toBeLessThanOrEqual(LEFT_MS / 1_000);
  const { exp = Infinity } = decodeJwt(answer.access_token ?? '');
  expect(exp * 1_000).toBeLessThanOrEqual(endsAtMs + 1_000);
  expect((await world.sessionOf(tsid))?.expires_at.getTime()).toBeLessThanOrEqual(endsAtMs);
  expect((await recordOf(refreshTokenOf(answer)))?.expires_at.getTime()).toBeLessThanOrEqual(endsAtMs);
  expect((await recordOf(refreshTokenOf(answer)))?.exp).toBeLessThanOrEqual(Math.ceil(endsAtMs / 1_000));
});

test('when it is over, a refresh token in daily use is refused, and the session ends everywhere', async () => {
  const { clientId, tsid, first } = await world.signedIn();
  const token = await world.successorOf(clientId, first);
  await world.openedAgo(tsid, world.service.config.tokenLifespans.sessionLifespanMs);
  expect(await world.replica.refresh(clientId, token)).toMatchObject(REFUSED);
  // It was opened when sessions lasted longer, so to speak: whoever starts with the new length sees to that.
  const restarted = await world.world.startAnother({ issuer: world.service.issuer });
  await restarted.app.get(Housekeeping).sweep();
  await restarted.close();
  expect((await world.sessionOf(tsid))?.close_reason).toBe('expired');
  await until(() => world.service.vault.closed.includes(tsid));
});

test('a first refresh token lasts no longer than a short session', async () => {
  const { tokenLifespans } = world.service.config;
  const short = await world.world.startAnother({
    tokenLifespans: { ...tokenLifespans, sessionLifespanMs: 50_000 },
    keyEncryptionKeys: world.service.config.keyEncryptionKeys,
  });
  const { answer } = await short.tokens(world.nextPerson());
  await short.close();
  expect(answer.status).toBe(200);
  const session = await world.sessionOf(tsidOf(answer));
  const record = await recordOf(refreshTokenOf(answer));
  expect(answer.expires_in).toBeLessThanOrEqual(50);
  // Both end on whole seconds or on those of the database.
  expect(record?.expires_at.getTime()).toBeLessThanOrEqual((session?.expires_at.getTime() ?? 0) + 1_000);
});

async function recordOf(
  token: string,
): Promise<{ readonly expires_at: Date; readonly exp: number } | undefined> {
  const { rows } = await world.world.rows.query<{ expires_at: Date; exp: number }>({
    name: 'record',
    text: `select expires_at, (payload->>'exp')::int as exp from oidc_records where model = 'RefreshToken' and id = $1`,
    values: [sha256(token)],
  });
  return rows[0];
}
