import { X509Certificate } from 'node:crypto';
import { passedOn } from '@gatehouse/testing/certificate-authority';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { selfSignedCertificate, type TestCertificate } from '@gatehouse/testing/self-signed';
import { until } from '@gatehouse/testing/until';
import { certificateThumbprint } from '@gatehouse/service-process/client-certificates';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { modern, textOf, type ClientAnswer } from '../client.fixture.js';
import { ABLE, parkOne, retry, startParkedWorld, type ParkedWorld } from './parked.fixture.js';

/** A call that waits at one replica, answered at another one, by a token that is bound to a certificate (RFC 8705, section 3). */

const own = selfSignedCertificate('own');
const thiefs = selfSignedCertificate('thief');
const thumbprint = certificateThumbprint(new X509Certificate(own.cert));

let nats: TestNats;
let world: ParkedWorld;
let other: Awaited<ReturnType<ParkedWorld['proxy']['startReplica']>>;

beforeAll(async () => {
  nats = await startTestNats();
  world = await startParkedWorld(undefined, nats, {
    mtls: { header: 'client-cert', encoding: 'rfc9440' },
    // These tests are the reverse proxy.
    trustedProxies: ['127.0.0.1'],
  });
  other = await world.proxy.startReplica();
});
afterAll(async () => {
  await other.close();
  await world.close();
  await nats.close();
});

const shown = (certificate: TestCertificate | undefined): Record<string, string> =>
  certificate === undefined ? {} : { 'client-cert': passedOn(certificate) };

test('attack: the answers come without the certificate, or with another one: 401, and the call still waits for those that come with it', async () => {
  const token = await world.proxy.token({ cnf: { 'x5t#S256': thumbprint } });
  const { held, questions } = await parkOne(world, token, { headers: shown(own) });
  const there = async (certificate: TestCertificate | undefined): Promise<ClientAnswer> =>
    await modern(other.mcpUrl, 'tools/call', retry(questions), {
      token,
      capabilities: ABLE,
      headers: shown(certificate),
    });
  for (const certificate of [undefined, thiefs]) expect((await there(certificate)).status).toBe(401);
  expect(held.answers()).toEqual([]);
  const back = there(own);
  await until(() => held.answers().length === 1);
  held.finish();
  expect(textOf(await back)).toBe('done');
});
