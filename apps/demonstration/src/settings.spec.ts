import { freePortBase } from '@gatehouse/testing/free-port';
import { expect, test } from '@jest/globals';
import { listen, ListenError } from './http/listen.js';
import { readSettings, SettingsError } from './settings.js';
import { startWorld } from './world.js';

test('without flags the whole world runs on the ports of the plan, without the control server', () => {
  const settings = readSettings([]);
  expect(settings).toMatchObject({
    only: ['acme-sso', 'octo', 'sts', 'repos', 'tickets'],
    gatewayIssuer: 'http://localhost:4484',
    callbackUrls: {
      'acme-sso': ['http://localhost:4484/oauth/callback/acme-sso'],
      octo: ['http://localhost:4484/oauth/callback/octo'],
    },
    control: false,
  });
});

test.each([
  [['--only', 'acme'], 'there is no part "acme"'],
  [['--port-base', '70000'], 'whole number'],
  [['--octo-access-token-ttl', '0'], 'whole number'],
  [['--acme-sso-url', 'http://acme-sso:4486/'], 'trailing slash'],
  [['--gateway-issuer', 'localhost:4484'], 'not an http or https URL'],
  [['--contol'], '--contol'],
])('%j is refused with a sentence that names it', (args, sentence) => {
  expect(() => readSettings(args)).toThrow(SettingsError);
  expect(() => readSettings(args)).toThrow(sentence);
});

test.each(['--acme-client-secret', '--octo-client-secret', '--sts-client-secret', '--reports-api-key'])(
  '%s is no flag: everybody on the machine can read the arguments of a process',
  (flag) => {
    expect(() => readSettings([`${flag}=x`])).toThrow(SettingsError);
  },
);

test('secrets come from the environment', () => {
  const { octoClientSecret, reportsApiKey } = readSettings([], { OCTO_CLIENT_SECRET: 'own' });
  expect([octoClientSecret.reveal(), reportsApiKey.reveal()]).toEqual(['own', 'reports-demo-key']);
});

test('secrets among the settings do not print', () => {
  expect(JSON.stringify(readSettings([]))).not.toContain('demo-secret');
});

test('a taken port is told by part and address, and nothing stays bound', async () => {
  const base = await freePortBase(5);
  const squatter = await listen('squatter', '127.0.0.1', base + 4); // octo's place
  const starting = startWorld(readSettings(['--port-base', String(base), '--only', 'acme-sso,octo']));
  await expect(starting).rejects.toThrow(
    `octo cannot listen on 127.0.0.1:${squatter.port}: the port is taken`,
  );
  await expect(starting).rejects.toThrow(ListenError);
  const freed = await listen('acme-sso', '127.0.0.1', base + 3);
  await freed.close();
  await squatter.close();
});
