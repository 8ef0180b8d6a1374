import { createServer, type AddressInfo, type Server } from 'node:net';
import { Secret } from '@gatehouse/kernel/secret';
import { afterEach, expect, test } from '@jest/globals';
import { databaseUnreachable } from './reachable.js';

const SERVER = process.env['GATEHOUSE_TEST_POSTGRES'] ?? '';
const PASSWORD = 'a-password-that-nobody-may-read';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map(async (server) => {
      await new Promise((resolve) => server.close(resolve));
    }),
  );
});

/** The run's Postgres, with something else in its URL. */
const at = (change: (url: URL) => void): Secret => {
  const url = new URL(SERVER);
  change(url);
  return new Secret(url.href);
};

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

test('a database that answers is no news', async () => {
  expect(await databaseUnreachable(new Secret(SERVER))).toBeUndefined();
});

test('a database that does not exist is named', async () => {
  const problem = await databaseUnreachable(at((url) => (url.pathname = '/no_such_database')));
  expect(problem).toContain('/no_such_database cannot be used: there is no such database (3D000)');
});

test('a refused user is told without user and password', async () => {
  const problem = await databaseUnreachable(
    at((url) => {
      url.username = 'nobody_of_that_name';
      url.password = PASSWORD;
    }),
  );
  expect(problem).toMatch(/user or password are refused \(28(P01|000)\)/);
  expect(problem).not.toContain('nobody_of_that_name');
  expect(problem).not.toContain(PASSWORD);
});

test('a port on which nothing listens, and a host that does not exist', async () => {
  const server = createServer();
  const port = await portOf(server);
  await new Promise((resolve) => servers.pop()?.close(resolve));
  expect(await databaseUnreachable(at((url) => (url.port = String(port))))).toContain('(ECONNREFUSED)');
  expect(await databaseUnreachable(at((url) => (url.hostname = 'database.invalid')))).toMatch(
    /the host name does not resolve \((ENOTFOUND|EAI_AGAIN)\)/,
  );
});

test('a server that hangs up quotes nothing of the URL but host, port and database', async () => {
  const port = await portOf(createServer((socket) => socket.destroy()));
  const problem = await databaseUnreachable(
    new Secret(`postgres://somebody:${PASSWORD}@127.0.0.1:${port}/things`),
  );
  expect(problem).toMatch(new RegExp(`^The database at 127\\.0\\.0\\.1:${port}/things cannot be used: `));
  expect(problem).not.toContain(PASSWORD);
  expect(problem).not.toContain('somebody');
});
