import { readFileSync } from 'node:fs';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { inRepository } from '@gatehouse/testing/repository';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BACKENDS, signedIn } from '../support/callers.js';

let world: World;
beforeAll(async () => {
  world = await startWorld({ configure: (yaml) => `${yaml}\ntelemetry: { audit: { enabled: true } }\n` });
  const { client, accessToken, refreshToken } = await signedIn(world, 'alice');
  for (const backend of BACKENDS) await whoAmI(world.mcpUrl, accessToken, backend);
  // What goes wrong is told, too.
  await modernRequest(world.mcpUrl, accessToken, 'tools/call', { name: 'nobodys_tool', arguments: {} });
  await modernRequest(world.mcpUrl, 'no.token.atall', 'tools/list');
  await fetch(`${world.issuer}/oauth/callback/octo?state=of-nobody&code=x`);
  await client.refresh(refreshToken);
});
afterAll(() => world.close());

/** The rows of the tables of a page, without their heads. */
function rowsOf(page: string): readonly (readonly string[])[] {
  return readFileSync(inRepository('docs/reference', page), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| /, '').trim()));
}

const namesIn = (cell = ''): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

test('every metric that the services expose is on its page, with its kind', async () => {
  const known = new Map(rowsOf('metrics.md').map(([name, kind]) => [namesIn(name)[0], kind]));
  const exposed = await Promise.all(
    (['authorization-server', 'token-vault', 'vmcp-proxy'] as const)
      .flatMap((service) => world.internalPortsOf(service))
      .map(async (port) => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  );
  const metrics = [...exposed.join('\n').matchAll(/^# TYPE (gatehouse_\w+) (\w+)$/gm)];
  expect(metrics.length).toBeGreaterThan(20);
  for (const [, name, kind] of metrics) expect([name, known.get(name)]).toEqual([name, kind]);
});

type Line = Readonly<Record<string, unknown>> & { readonly level: string; readonly event: string };

/** Lines that a service wrote before anything had gone wrong are JSON. */
const linesOf = (text: string): readonly Line[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

const OF_EVERY_LINE = ['level', 'time', 'service', 'event', 'worker'];
const OF_AUDIT_LINES = [...OF_EVERY_LINE, 'category', 'process', 'seq'];

test('every line that the services log is an event of its page, with its level and members', () => {
  const rows = rowsOf('events.md').map(([event, level = '', , members]) => ({
    event: namesIn(event)[0],
    level,
    members: namesIn(members),
  }));
  const lines = linesOf(world.logs());
  expect(new Set(lines.map(({ event }) => event)).size).toBeGreaterThan(10);
  for (const line of lines) {
    const isAudit = line['category'] === 'audit';
    const row = rows.find(({ event, level }) => event === line.event && (level === 'audit') === isAudit);
    const { event } = line;
    expect({ event, isKnown: row !== undefined }).toEqual({ event, isKnown: true });
    if (!isAudit)
      expect({ event, level: row?.level }).toEqual({ event, level: expect.stringContaining(line.level) });
    const own = Object.keys(line).filter(
      (name) => !(isAudit ? OF_AUDIT_LINES : OF_EVERY_LINE).includes(name),
    );
    expect({ event, unknown: own.filter((name) => row?.members.includes(name) !== true) }).toEqual({
      event,
      unknown: [],
    });
  }
});
