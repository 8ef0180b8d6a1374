import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { HTTP_LIMITS } from '@gatehouse/service-process/http-server';
import { printFigure } from '@gatehouse/testing/figures';
import { RawConnection } from '@gatehouse/testing/raw-connection';
import { until } from '@gatehouse/testing/until';
import { shareWorld, startServiceWorld, type ServiceWorld } from './testing/service-world.js';
import type { TestService } from './testing/test-service.js';

const SLOW = 200;
/** On a busy machine the bystander's own requests must not take as long. */
const CUT_AFTER_MS = 8_000;

let world: ServiceWorld;
let service: TestService;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  service = await world.startAnother(
    {},
    { limits: { ...HTTP_LIMITS, headerMs: CUT_AFTER_MS, requestMs: CUT_AFTER_MS, checkEveryMs: 50 } },
  );
});

const connection = (): RawConnection => new RawConnection(service.config.listen.port);
const post = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: gatehouse\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n`;

test('a body that comes byte by byte is cut, at every endpoint and page (slow body)', async () => {
  const paths = ['/oauth/token', '/oauth/register', '/oauth/revoke', '/sign-in/uid', '/connections'];
  await Promise.all(paths.map((path) => connection().send(post(path)).drip('a').isCut()));
});

test('a header that comes line by line is cut (slowloris)', async () => {
  await connection().send('GET /oauth/authorize HTTP/1.1\r\n').drip('X-More: 1\r\n').isCut();
});

test('two hundred slow bodies keep nobody out, and none of them lives (connection exhaustion)', async () => {
  const slow = Array.from({ length: SLOW }, () => connection().send(post('/oauth/token')).drip('a'));
  expect((await service.tokens('bystander')).answer.status).toBe(200);
  await Promise.all(slow.map((one) => one.isCut()));
  printFigure(
    `slow bodies at the authorization server: ${slow.filter(({ ended }) => ended).length} of ${SLOW} cut`,
  );
});

test('one address holds no more than 256 connections (hoarding)', async () => {
  const { port } = world.service.config.listen;
  const hoarded = Array.from({ length: 300 }, () => new RawConnection(port));
  const alive = () => hoarded.filter(({ ended }) => !ended).length;
  await until(() => alive() <= 256);
  expect(alive()).toBeGreaterThan(200);
  for (const one of hoarded) one.close();
});

test('a proxy that is named as trusted holds as many as it needs', async () => {
  const behind = await world.startAnother({ trustedProxies: ['127.0.0.1'] });
  const many = Array.from({ length: 300 }, () => new RawConnection(behind.config.listen.port));
  for (const one of many) one.send('GET /healthz HTTP/1.1\r\nHost: gatehouse\r\n\r\n');
  await Promise.all(many.map((one) => one.hears('"ok"')));
  for (const one of many) one.close();
  await behind.close();
});

test('a flood of registrations is refused before their bodies are read', async () => {
  const flood = Array.from({ length: 80 }, () => connection().send(post('/oauth/register')));
  await Promise.race(flood.map((one) => one.hears('429 Too Many Requests')));
  for (const one of flood) one.close();
});
