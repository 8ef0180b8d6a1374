import 'reflect-metadata';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@gatehouse/kernel/clock';
import { sha256 } from '@gatehouse/kernel/digest';
import { HOUR_MS } from '@gatehouse/kernel/durations';
import { ConnectProxy } from '@gatehouse/testing/connect-proxy';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { until } from '@gatehouse/testing/until';
import { startTrustedSite, type TrustedSite } from '@gatehouse/testing/trusted-site';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';
import { ClientDocuments } from './client-documents.flow.js';
import { DocumentCopies } from './document-copies.store.js';

/** Nobody listens there. */
const AWAY = 'https://localhost:9';

let world: ServiceWorld;
let site: TrustedSite;
let origin: string;
let fetched: string[] = [];
let statusOfAll = 200;

beforeAll(async () => {
  site = await startTrustedSite(({ url = '' }, response) => {
    fetched.push(url);
    const body = {
      client_id: origin + url,
      client_name: 'Far Client',
      redirect_uris: ['http://127.0.0.1/callback'],
    };
    response.writeHead(statusOfAll, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  ({ origin } = site);
});
shareWorld(startServiceWorld, (started) => (world = started));
afterAll(() => site.close());

type Registration = TestService['config']['clientRegistration'];

const registration = (
  documents: Partial<Registration['metadataDocuments']> = {},
  more: Partial<Registration> = {},
): Registration => {
  const { clientRegistration } = world.service.config;
  return {
    ...clientRegistration,
    ...more,
    metadataDocuments: { ...clientRegistration.metadataDocuments, enabled: 'auto', ...documents },
  };
};
const start = async (...rest: Parameters<typeof registration>): Promise<TestService> =>
  await world.startAnother({ issuer: world.service.issuer, clientRegistration: registration(...rest) });

const announces = async ({ local }: TestService): Promise<unknown> => {
  const said = await Promise.all(
    ['oauth-authorization-server', 'openid-configuration'].map(async (name) => {
      const document = (await (await fetch(`${local}/.well-known/${name}`)).json()) as Record<
        string,
        unknown
      >;
      return document['client_id_metadata_document_supported'] ?? false;
    }),
  );
  expect(new Set(said).size).toBe(1);
  return said[0];
};
const pageAt = async (service: TestService, clientId: string) => {
  const browser = service.browser().through(service.local);
  return await browser.follow(await browser.get(service.authorizeUrl(clientId).url));
};
const forgetCopies = async (): Promise<unknown> =>
  await world.rows.query({
    name: 'no-copies',
    text: `delete from oidc_records where model = 'ClientDocument'`,
  });

test('a gateway that cannot reach documents says so, names the host, and stops announcing them until it can', async () => {
  await forgetCopies();
  const service = await start();
  expect(await announces(service)).toBe(true);
  const page = await pageAt(service, `${AWAY}/client.json`);
  expect([page.status, pageName(page)]).toEqual([400, 'error']);
  expect(page.body).toContain('at localhost:9. The gateway cannot reach that host.');
  await until(async () => (await announces(service)) === false);
  // The way that is left.
  expect(pageName(await pageAt(service, await service.register()))).toBe('consent');
  const documents = service.app.get(ClientDocuments, { strict: false });
  await documents.tryAgain();
  expect(await announces(service)).toBe(false);
  // Documents are accepted all the time, and one that is read shows that they can be.
  expect(pageName(await pageAt(service, `${origin}/back.json`))).toBe('consent');
  expect(await announces(service)).toBe(true);
  await service.close();
});

test('what could be read before is tried again, and any answer is enough', async () => {
  await forgetCopies();
  const service = await start();
  await pageAt(service, `${AWAY}/client.json`);
  await until(async () => (await announces(service)) === false);
  await service.app.get(DocumentCopies, { strict: false }).keep(`${origin}/known.json`, '{}');
  statusOfAll = 404;
  await service.app.get(ClientDocuments, { strict: false }).tryAgain();
  statusOfAll = 200;
  expect(await announces(service)).toBe(true);
  await service.close();
});

test('somebody who names a host that does not exist takes documents from nobody (denial of service)', async () => {
  await pageAt(await start(), `${origin}/honest.json`);
  const service = await start();
  fetched = [];
  await pageAt(service, `${AWAY}/made-up.json`);
  await until(() => fetched.length > 0);
  await pageAt(service, `${AWAY}/another.json`);
  await service.close();
  expect(service.app.get(ClientDocuments, { strict: false }).areAnnounced).toBe(true);
});

test('somebody who owns the hosts of the newest documents, and switches them off, takes documents from nobody (denial of service)', async () => {
  await forgetCopies();
  const honest = await start();
  const { url } = honest.authorizeUrl(`${origin}/approved.json`);
  await honest.signIn(honest.browser().through(honest.local), url, 'somebody');
  const copies = world.service.app.get(DocumentCopies, { strict: false });
  for (const port of [9, 10, 11, 12]) await copies.keep(`https://localhost:${port}/owned.json`, '{}');
  const service = await start();
  fetched = [];
  await pageAt(service, `${AWAY}/another.json`);
  await until(() => fetched.length > 0);
  await service.close();
  expect(service.app.get(ClientDocuments, { strict: false }).areAnnounced).toBe(true);
  expect(fetched).toEqual(['/approved.json']);
});

test('a host that a stranger named is believed for an hour where no other can be tried, and for good where all others are away', async () => {
  await forgetCopies();
  let nowMs = 0;
  const copies = world.service.app.get(DocumentCopies, { strict: false });
  const config = { ...world.service.config, clientRegistration: registration() };
  const documents = new ClientDocuments(copies, new KeptLog(), config, {
    ...systemClock,
    nowMs: () => nowMs,
  });
  const ask = async () => await documents.fetch(`${AWAY}/named.json`, { method: 'GET', headers: {} });
  const judged = async (atMs: number): Promise<boolean> => {
    nowMs = atMs;
    await documents.tryAgain();
    return documents.areAnnounced;
  };
  await expect(ask()).rejects.toThrow();
  await documents.onApplicationShutdown();
  expect(await judged(HOUR_MS - 1)).toBe(false);
  expect(await judged(HOUR_MS)).toBe(true);
  await copies.keep('https://localhost:10/known.json', '{}');
  await expect(ask()).rejects.toThrow();
  await documents.onApplicationShutdown();
  expect(await judged(5 * HOUR_MS)).toBe(false);
});

test.each<[string, Parameters<typeof registration>]>([
  ['where nothing else is left', [{}, { dynamic: 'off' }]],
  ['where not everybody can register (a stranger locks them out)', [{}, { dynamic: 'initialAccessToken' }]],
  ['where that is written', [{ enabled: true }]],
])('documents stay announced %s', async (_where, how) => {
  await forgetCopies();
  const service = await start(...how);
  await pageAt(service, `${AWAY}/client.json`);
  await service.close();
  const { areAnnounced } = service.app.get(ClientDocuments, { strict: false });
  expect(areAnnounced).toBe(true);
});

test('the last good copy counts while a document cannot be read, at any replica, and for a week', async () => {
  const clientId = `${origin}/copied.json`;
  const first = await start();
  expect(pageName(await pageAt(first, clientId))).toBe('consent');
  statusOfAll = 503;
  const second = await start();
  expect(pageName(await pageAt(second, clientId))).toBe('consent');
  expect(pageName(await pageAt(second, `${origin}/never-read.json`))).toBe('error');
  await world.rows.query({
    name: 'week-over',
    text: `update oidc_records set expires_at = now() where model = 'ClientDocument' and id = $1`,
    values: [sha256(clientId)],
  });
  expect(pageName(await pageAt(await start(), clientId))).toBe('error');
  statusOfAll = 200;
});

test('a document that its author took away has no copy (a client that was given up)', async () => {
  const clientId = `${origin}/given-up.json`;
  await pageAt(await start(), clientId);
  statusOfAll = 404;
  expect(pageName(await pageAt(await start(), clientId))).toBe('error');
  statusOfAll = 503;
  expect(pageName(await pageAt(await start(), clientId))).toBe('error');
  statusOfAll = 200;
});

test('a pinned document is not fetched, whatever its host, and is checked at the start', async () => {
  const document = {
    clientId: 'https://client.invalid/pinned.json',
    clientName: 'Pinned Client',
    redirectUris: ['http://127.0.0.1/callback'],
  };
  const service = await start({ documents: [document], allowedHosts: ['other.example'] });
  const page = await pageAt(service, document.clientId);
  expect([pageName(page), page.body.includes('Pinned Client')]).toEqual(['consent', true]);
  expect(pageName(await pageAt(service, 'https://client.invalid/other.json'))).toBe('error');
  await expect(start({ documents: [{ ...document, clientName: 'Sla\u200bck' }] })).rejects.toThrow();
});

test('the log names client, host and what to do, also for a name that only the proxy could resolve', async () => {
  const proxy = await ConnectProxy.start({ refuseWith: 502 });
  const log = new KeptLog();
  const config = {
    ...world.service.config,
    clientRegistration: registration({ allowPrivateIps: false }),
    wayOut: { httpsProxy: proxy, noProxy: [], refusesPrivateAddresses: false },
  };
  await forgetCopies();
  const copies = world.service.app.get(DocumentCopies, { strict: false });
  const documents = new ClientDocuments(copies, log, config, systemClock);
  const clientId = 'https://client.invalid/client.json';
  await expect(documents.fetch(clientId, { method: 'GET', headers: {} })).rejects.toThrow();
  await documents.onApplicationShutdown();
  expect(documents.areAnnounced).toBe(false);
  expect(log.of('client-document-not-fetched')).toMatchObject([
    { clientId, host: 'client.invalid', usesCopy: false, advice: expect.stringContaining('egress.proxy') },
  ]);
  expect(log.of('client-documents-not-announced')).toMatchObject([{ host: 'client.invalid' }]);
  await proxy.close();
});
