import 'reflect-metadata';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { expect, test } from '@jest/globals';
import { DeviceWorld } from '../testing/device-world.js';
import { said } from '../testing/exchange-world.js';
import { flood } from '../testing/flood.js';
import { shareWorld } from '../testing/service-world.js';
import { hiddenFields, pageName } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

/** What other pages, other programs and readers of logs try with codes of devices. */

const log = new KeptLog();
let world: DeviceWorld;
let service: TestService;
shareWorld(
  async () => await DeviceWorld.start({}, log),
  (started) => {
    world = started;
    ({ service } = started);
  },
);

const PENDING = '400 authorization_pending';

test('attack: a page of another site cannot enter a code in somebody’s browser', async () => {
  const code = await world.code();
  const [victim, attacker] = [service.browser(), service.browser()];
  const stolen = hiddenFields((await attacker.get('/device')).body);
  // Without the page of before, and with one of its own.
  for (const visit of [false, true]) {
    if (visit) await victim.get('/device');
    for (const csrf of [{}, { csrf: '' }, stolen]) {
      const page = await victim.post('/device', { ...csrf, user_code: code.userCode });
      expect([page.status, pageName(page)]).toEqual([403, 'error']);
    }
  }
  expect(pageName(await world.enter(attacker, code.userCode))).toBe('consent');
});

test('attack: the page cannot be framed, nor be kept, and sends its address nowhere', async () => {
  const { answer } = await world.code();
  for (const path of ['/device', String(answer.body['verification_uri_complete'])]) {
    const { headers } = await service.browser().get(path);
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
  }
});

test('attack: markup in an address comes to nothing', async () => {
  const page = await service.browser().get('/device?user_code=%3Cscript%3Ealert(1)%3C/script%3E');
  expect(pageName(page)).toBe('device');
  expect(page.body).not.toContain('script');
});

test('attack: the browser that approved a device gets no code for itself', async () => {
  const code = await world.code();
  const browser = service.browser();
  const asked = await world.enter(browser, code.userCode);
  const resumed = asked.url.replace('/sign-in/', '/oauth/authorize/');
  expect((await browser.get(resumed)).status).toBe(400);
  await world.finish(browser, asked, world.somebody());
  const answer = await browser.get(resumed);
  expect([answer.status, answer.location]).toEqual([400, undefined]);
  expect((await world.poll(code)).status).toBe(200);
});

test('attack: a device cannot have its person passed without a page', async () => {
  const code = await world.code(undefined, { change: { prompt: 'none', gatehouse_silent: '1' } });
  expect(pageName(await world.enter(service.browser(), code.userCode))).toBe('consent');
  expect(said(await world.poll(code))).toBe(PENDING);
});

test('attack: who asks for codes without end is told to wait', async () => {
  const clientId = await world.registerDevice();
  const answers = await flood(70, () => world.ask(clientId));
  expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(60);
  expect(answers.map(said)).toContain('429 temporarily_unavailable');
});

test('attack: a request that is too long is not kept', async () => {
  const change = { login_hint: 'x'.repeat(9_000) };
  const clientId = await world.registerDevice();
  const answers = [await world.ask(clientId, { at: world.replica, change })];
  expect(answers.map(said)).toEqual(['400 invalid_request']);
});

test('attack: no code is in any line of the log', async () => {
  const code = await world.code(undefined, { at: world.replica });
  expect(said(await world.poll(code, { at: world.replica }))).toBe(PENDING);
  await world.signIn(code);
  await world.poll(code);
  await world.poll(code);
  expect(log.of('device-code-issued').length).toBeGreaterThan(0);
  for (const secret of [code.deviceCode, code.userCode, code.userCode.replace('-', '')])
    expect(log.lines.filter((line) => line.includes(secret))).toEqual([]);
});
