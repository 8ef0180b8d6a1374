import { expect, test } from '@jest/globals';
import { unreachable, unreachableAfter } from './dependencies.js';

test('every dependency that does not answer is a problem at the path that configures it', async () => {
  const problems = await unreachable('gatehouse.yaml', [
    { path: 'nats.servers', check: () => Promise.resolve('nobody answers') },
    { path: 'postgres.tokenVault.url', check: () => Promise.resolve(undefined) },
  ]);
  expect(problems).toEqual([{ document: 'gatehouse.yaml', path: 'nats.servers', message: 'nobody answers' }]);
});

test('a dependency that the configuration is too broken to name adds no problem of its own', async () => {
  const check = () => Promise.reject(new Error('the secret was not resolved'));
  await expect(unreachable('gatehouse.yaml', [{ path: 'nats.servers', check }])).resolves.toEqual([]);
});

test('a dependency that is late is waited for, and said to be waited for once', async () => {
  const answers = ['nobody answers', 'nobody answers', undefined];
  const said: unknown[] = [];
  const late = [{ path: 'nats.servers', check: () => Promise.resolve(answers.shift()) }];
  await expect(
    unreachableAfter(60_000, 'gatehouse.yaml', late, (problems) => said.push(problems)),
  ).resolves.toEqual([]);
  expect(said).toHaveLength(1);
});

test('a dependency that stays away is not waited for longer than allowed', async () => {
  const away = [{ path: 'nats.servers', check: () => Promise.resolve('nobody answers') }];
  await expect(unreachableAfter(0, 'gatehouse.yaml', away, () => undefined)).resolves.toHaveLength(1);
});
