import { randomBytes } from 'node:crypto';
import { CLAIMED_CALLER, PROBE_HEADER, type ArrivedProbe } from '@gatehouse/kernel/doctor-probe';
import { expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import { DoctorProbes } from './doctor-probes.js';

const PROXY = '10.0.0.7';
const newMark = (): string => randomBytes(32).toString('base64url');

async function arrived(
  headers: Readonly<Record<string, string>>,
  remoteAddress = PROXY,
  probes = new DoctorProbes({ trustedProxies: [PROXY] }),
) {
  const app = fastify();
  app.addHook('onRequest', probes.onRequest);
  app.all('*', () => 'handled');
  const { statusCode } = await app.inject({ url: '/', remoteAddress, headers });
  expect(statusCode).toBe(200);
  await app.close();
  return probes.status();
}

test.each<readonly [string, Readonly<Record<string, string>>, string, ArrivedProbe]>([
  ['nothing about the caller', {}, PROXY, { forwardedFor: 'none', believed: true }],
  [
    'what the caller said, from a proxy that is believed',
    { 'x-forwarded-for': CLAIMED_CALLER },
    PROXY,
    { forwardedFor: 'as_sent', believed: true },
  ],
  [
    'what the proxy added to it',
    { 'x-forwarded-for': `${CLAIMED_CALLER}, 198.51.100.4` },
    PROXY,
    { forwardedFor: 'changed', believed: true },
  ],
  [
    'the same from somebody who is not believed',
    { 'x-forwarded-for': `${CLAIMED_CALLER}, 198.51.100.4` },
    '198.51.100.9',
    { forwardedFor: 'changed', believed: false },
  ],
])('a marked request that comes with %s is remembered as that', async (_what, headers, from, seen) => {
  const mark = newMark();
  expect(await arrived({ ...headers, [PROBE_HEADER]: mark }, from)).toEqual({ [mark]: seen });
});

test.each(['x', 'x'.repeat(44), '../'.repeat(20), '__proto__'])(
  'attack: what is no mark is not remembered: %s',
  async (mark) => {
    expect(await arrived({ [PROBE_HEADER]: mark })).toEqual({});
  },
);

test('attack: a flood of marks is not kept: the last sixteen are', async () => {
  const probes = new DoctorProbes({ trustedProxies: [] });
  const marks = Array.from({ length: 40 }, newMark);
  for (const mark of marks) await arrived({ [PROBE_HEADER]: mark }, PROXY, probes);
  expect(Object.keys(probes.status())).toEqual(marks.slice(-16));
});
