import 'reflect-metadata';
import { generateKeyPairSync } from 'node:crypto';
import { Secret } from '@gatehouse/kernel/secret';
import { describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { WatchSigningKeys } from '../signing-keys/watch-signing-keys.job.js';
import { publishedAt } from '../testing/rotated-keys.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';

let world: ServiceWorld;
shareWorld(startServiceWorld, (started) => (world = started));

let people = 0;
const somebody = (): string => `written-${(people += 1)}`;
const kidOf = (token = ''): string => decodeProtectedHeader(token).kid ?? '';

const userInfo = async (at: TestService, token = ''): Promise<number> =>
  (await fetch(`${at.local}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;

describe('keys of the configuration', () => {
  const pem = (): Secret =>
    new Secret(
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
    );

  test('are exchanged while the service runs: [old, new], [new, old], [new]', async () => {
    const [old, next] = [pem(), pem()];
    const written = await world.startAnother({ signingKeys: [old] });
    const take = async (...pems: readonly Secret[]) => {
      await written.app.get(WatchSigningKeys).take(pems);
      return (await publishedAt(written)).kids;
    };
    const { clientId, answer } = await written.tokens(somebody());
    const first = kidOf(answer.access_token);
    const [, second = ''] = await take(old, next);
    const again = await written.refresh(clientId, answer.refresh_token ?? '');
    expect(kidOf(again.access_token)).toBe(first);
    expect(await take(next, old)).toEqual([second, first]);
    const refreshed = await written.refresh(clientId, again.refresh_token ?? '');
    expect([refreshed.status, kidOf(refreshed.access_token)]).toEqual([200, second]);
    expect(await userInfo(written, answer.access_token)).toBe(200);
    expect(await take(next)).toEqual([second]);
    expect([
      await userInfo(written, answer.access_token),
      await userInfo(written, refreshed.access_token),
    ]).toEqual([401, 200]);
    await written.close();
  });

  test('of another algorithm need a restart, and the ones of before stay', async () => {
    const old = pem();
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
    const written = await world.startAnother({ signingKeys: [old] });
    const before = (await publishedAt(written)).kids;
    const other = new Secret(rsa.export({ type: 'pkcs8', format: 'pem' }).toString());
    for (const pems of [[other], [old, other], []])
      await expect(written.app.get(WatchSigningKeys).take(pems)).rejects.toThrow(/restart/);
    expect((await publishedAt(written)).kids).toEqual(before);
    await written.close();
  });
});
