import { expect, test } from '@jest/globals';
import { unreachable } from './dependencies.js';

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
