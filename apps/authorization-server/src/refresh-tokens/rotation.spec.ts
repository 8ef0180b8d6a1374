import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { sha256 } from '@gatehouse/kernel/digest';
import { printFigure } from '@gatehouse/testing/figures';
import { Housekeeping } from '../housekeeping/housekeeping.job.js';
import { refreshTokenOf, REFUSED, RotationWorld, tsidOf } from '../testing/rotation-world.js';
import { shareWorld } from '../testing/service-world.js';

let world: RotationWorld;

shareWorld(
  () => RotationWorld.start(),
  (started) => (world = started),
);

async function unusedTokens(tsid: string): Promise<readonly string[]> {
  const { rows } = await world.world.rows.query<{ id: string }>({
    name: 'unused',
    text: `select id from oidc_records where model = 'RefreshToken' and grant_id = $1 and consumed_at is null`,
    values: [tsid],
  });
  return rows.map(({ id }) => id);
}

describe('a client that races with itself, or loses an answer, is given the same successor', () => {
  test('ten parallel redemptions on two replicas all get it, and exactly one exists', async () => {
    const person = await world.signedIn();
    const answers = (await world.burst(person, 10)).flatMap((one) => (one === undefined ? [] : [one]));
    const successors = new Set(answers.map(refreshTokenOf));
    printFigure(
      `parallel refreshes: 10, answered: ${answers.length}, different successors: ${successors.size}`,
    );
    expect(answers).toHaveLength(10);
    expect(successors.size).toBe(1);
    const [successor = ''] = successors;
    expect(await unusedTokens(person.tsid)).toEqual([sha256(successor)]);
    expect(new Set(answers.map(({ access_token: token }) => token)).size).toBe(10);
    expect(await world.successorOf(person.clientId, successor, world.replica)).not.toBe(successor);
  });

  test('an answer that was lost is given again', async () => {
    const { clientId, tsid, first } = await world.signedIn();
    const lost = await world.service.refresh(clientId, first);
    await world.keepInGrace(tsid);
    const again = await world.replica.refresh(clientId, first);
    expect(refreshTokenOf(again)).toBe(refreshTokenOf(lost));
    expect(tsidOf(again)).toBe(tsid);
    expect(again).toMatchObject({ status: 200, expires_in: 60, scope: lost.scope });
    expect((await world.replica.refresh(clientId, refreshTokenOf(again))).status).toBe(200);
  });

  test('by a replica that starts after the one that made it has gone', async () => {
    const { clientId, tsid, first } = await world.signedIn();
    const { issuer } = world.service;
    const before = await world.world.startAnother({ issuer });
    const lost = await world.successorOf(clientId, first, before);
    await world.keepInGrace(tsid);
    await before.close();
    const after = await world.world.startAnother({ issuer });
    expect(await world.successorOf(clientId, first, after)).toBe(lost);
    await after.close();
  });

  test('when a replica goes away under a burst of redemptions: whoever tries again gets it', async () => {
    const person = await world.signedIn();
    const { clientId, tsid, first } = person;
    const leaving = await world.world.startAnother({ issuer: world.service.issuer });
    const burst = world.burst(person, 20, [leaving, world.replica]);
    await leaving.close();
    const successors = await Promise.all(
      (await burst).map(async (one) =>
        one?.status === 200 ? refreshTokenOf(one) : await world.successorOf(clientId, first, world.replica),
      ),
    );
    expect(new Set(successors).size).toBe(1);
    expect((await world.sessionOf(tsid))?.close_reason).toBeNull();
  });
});

describe('whoever reads the database', () => {
  const sealed = async (tsid: string): Promise<number> =>
    (await world.stored(tsid)).filter((line) => /"sealed_successor":"/.test(line)).length;

  test('finds no refresh token, neither a used one nor its successor', async () => {
    const { clientId, tsid, first } = await world.signedIn();
    const successor = await world.successorOf(clientId, first);
    const dump = (await world.stored(tsid)).join('\n');
    expect(dump).toContain(sha256(successor));
    for (const secret of [first, successor])
      for (const form of ['utf8', 'hex', 'base64'] as const)
        expect(dump).not.toContain(Buffer.from(secret).toString(form));
  });

  test('finds not even the sealed successor when nobody can be given it any more (backups)', async () => {
    const { clientId, tsid, first } = await world.signedIn();
    const housekeeping = world.service.app.get(Housekeeping);
    await world.successorOf(clientId, first);
    await world.keepInGrace(tsid);
    await housekeeping.sweep();
    expect(await sealed(tsid)).toBe(1);
    await world.endGrace(tsid);
    await housekeeping.sweep();
    expect(await sealed(tsid)).toBe(0);
  });

  test('nor when the successor was used', async () => {
    const { clientId, tsid, first } = await world.signedIn();
    await world.successorOf(clientId, await world.successorOf(clientId, first));
    expect(await sealed(tsid)).toBe(1);
  });

  test('cannot make a successor of their own open: it is not answered, and nothing ends (a lost key)', async () => {
    const { clientId, tsid, first } = await world.signedIn();
    const successor = await world.successorOf(clientId, first);
    await world.keepInGrace(tsid);
    await world.world.rows.query({
      name: 'break-seal',
      text: `update oidc_records set sealed_successor = 'broken' where sealed_successor is not null and grant_id = $1`,
      values: [tsid],
    });
    expect(await world.service.refresh(clientId, first)).toMatchObject(REFUSED);
    expect((await world.service.refresh(clientId, successor)).status).toBe(200);
  });
});

test('a client that refreshes in a loop fills no database: the last thousand used tokens of its session stay', async () => {
  const { clientId, tsid, first } = await world.signedIn();
  const current = await world.successorOf(clientId, first);
  await world.endGrace(tsid);
  const { rows } = world.world;
  await rows.query({
    name: 'looped',
    text: `insert into oidc_records (model, id, payload, grant_id, uid, expires_at, consumed_at)
      select model, id || n, payload, grant_id, uid, expires_at, now() - interval '1 day' - n * interval '1 second'
      from oidc_records, generate_series(1, 1500) n where model = 'RefreshToken' and grant_id = $1 and consumed_at is not null`,
    values: [tsid],
  });
  const rotations = async (count: number) =>
    await rows.query({
      name: 'rotations',
      text: `update oidc_records set payload = payload || jsonb_build_object('rotations', $2::int)
        where model = 'RefreshToken' and grant_id = $1 and consumed_at is null`,
      values: [tsid, count],
    });
  const used = async () => {
    const { rows: found } = await rows.query<{ count: number; bytes: number }>({
      name: 'used',
      text: `select count(*)::int as count, avg(pg_column_size(r.*))::int as bytes from oidc_records r
        where model = 'RefreshToken' and grant_id = $1 and consumed_at is not null`,
      values: [tsid],
    });
    return found[0] ?? { count: 0, bytes: 0 };
  };
  await rotations(99);
  const next = await world.successorOf(clientId, current);
  expect((await used()).count).toBe(1_502);
  await rotations(100);
  await world.successorOf(clientId, next);
  const { count, bytes } = await used();
  printFigure(`used refresh tokens of a session: ${count} at most, ${bytes} bytes each`);
  expect(count).toBe(1_000);
  // The newest are the ones that stay: a replay of one of them is still told apart.
  expect(await world.service.refresh(clientId, first)).toMatchObject(REFUSED);
  expect((await world.sessionOf(tsid))?.close_reason).toBe('refresh_token_replayed');
});
