import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { Demonstration } from '@gatehouse/testing/demonstration';
import { freePortBase } from '@gatehouse/testing/free-port';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { PersonAtBrowser } from './testing/person-at-browser.js';
import { startTestVault, type TestVault } from './testing/test-vault.js';
import { ISSUER, oauth2Provider, oidcProvider, tokenExchange, userInfoAt } from './testing/vault-config.js';

let database: TestDatabase;
let nats: TestNats;
let demonstration: Demonstration;
let vault: TestVault;
let portBase: number;

beforeAll(async () => {
  // Its control server has the last of them.
  portBase = await freePortBase(12);
  demonstration = new Demonstration(portBase, ['--gateway-issuer', ISSUER, '--octo-access-token-ttl', '60']);
  [database, nats] = await Promise.all([
    startTestDatabase('token-vault'),
    startTestNats(),
    demonstration.program.start(),
  ]);
  const at = (offset: number) => `http://localhost:${portBase + offset}`;
  const acme = oidcProvider('acme-sso', at(3));
  const octo = oauth2Provider('octo', `${at(4)}/login/oauth`);
  vault = await startTestVault({
    databaseUrl: database.url,
    nats,
    log: new SilentLog(),
    replicas: 2,
    providers: [
      { ...acme, clientSecret: new Secret('acme-demo-secret') },
      {
        ...octo,
        clientSecret: new Secret('octo-demo-secret'),
        scopes: ['repo', 'read:user'],
        protocol: {
          ...octo.protocol,
          tokenEndpoint: `${at(4)}/login/oauth/access_token`,
          identity: userInfoAt(`${at(4)}/user`),
        },
      },
    ],
    backends: {
      repos: { type: 'upstreamInject', providerName: 'octo' },
      directory: { type: 'upstreamInject', providerName: 'acme-sso' },
      tickets: tokenExchange(at(5), {
        subjectProviderName: 'acme-sso',
        clientSecret: new Secret('sts-demo-secret'),
      }),
    },
  });
}, 60_000);

afterAll(async () => {
  await vault.close();
  await Promise.all([demonstration.program.stop(), nats.close(), database.close()]);
});

test('a person signs in at both providers; forty callers then cost octo one redemption, and tickets gets its own token', async () => {
  const person = new PersonAtBrowser('alice');
  const signIn = (url: string) => person.callbackQuery(url);
  const { tsid } = await vault.client.signIn({ 'acme-sso': signIn, octo: signIn });
  const before = await vault.client.inject(tsid, 'repos');
  await demonstration.expire('octo');
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => vault.client.inject(tsid, 'repos', before.accessToken)),
  );
  expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1);
  expect(answers[0]?.accessToken).not.toBe(before.accessToken);
  const { octo } = await demonstration.counts();
  expect(octo.tokenRequests['refresh_token']).toBe(1);
  const directory = await vault.client.inject(tsid, 'directory');
  const tickets = await vault.client.exchange(tsid, 'tickets');
  expect(tickets.accessToken).not.toBe(directory.accessToken);
});

test('a person who says no is told apart from a provider that fails', async () => {
  const person = new PersonAtBrowser('bob', 'deny');
  await expect(vault.client.signIn({ octo: (url) => person.callbackQuery(url) })).rejects.toThrow('denied');
});
