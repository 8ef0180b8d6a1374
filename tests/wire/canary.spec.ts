import { SERVICES } from '@gatehouse/kernel/services';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { OAuthClient, newBrowser, PASSWORD } from '@gatehouse/testing/oauth-client';
import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { printFigure } from '@gatehouse/testing/figures';
import { until } from '@gatehouse/testing/until';
import { TraceCollector } from '@gatehouse/testing/trace-collector';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';

let world: World;
let collector: TraceCollector;
beforeAll(async () => {
  collector = await new TraceCollector().start();
  world = await startWorld({
    replicas: 2,
    // Everything that can be told is told.
    configure: (yaml) =>
      `${yaml}\ntelemetry: { otlp: { endpoint: '${collector.origin}' }, audit: { enabled: true } }\n`,
    demonstrationFlags: ['--octo-access-token-ttl', '4', '--sts-token-ttl', '4'],
  });
});
afterAll(async () => {
  await world.close();
  await collector.stop();
});

/** Every value of every column of every table, as text. */
async function everythingStored(): Promise<string> {
  const found: string[] = [];
  for (const { adminUrl, schema } of Object.values(world.databases)) {
    const client = new pg.Client({ connectionString: adminUrl.reveal() });
    await client.connect();
    const tables = await client.query<{ name: string }>(
      'select table_name as name from information_schema.tables where table_schema = $1',
      [schema],
    );
    for (const { name } of tables.rows) {
      const rows = await client.query<Record<string, unknown>>(`select * from ${schema}."${name}"`);
      for (const row of rows.rows) {
        // A secret may be stored as text or as base64, so both forms are searched.
        for (const value of Object.values(row))
          found.push(Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value));
      }
    }
    await client.end();
  }
  return found.join('\n');
}

test('tokens and codes of the providers appear in no log, audit line, span, error, metric, column in clear, or message on the bus', async () => {
  const messages: string[] = [];
  const observers = await Promise.all(
    SERVICES.map((service) => connect({ servers: world.nats.url, ...world.nats.observerOf(service) })),
  );
  for (const observer of observers) {
    observer.subscribe('>', {
      callback: (_error, message) => {
        messages.push(
          `${message.subject} ${JSON.stringify([...(message.headers ?? [])])} ${Buffer.from(message.data).toString('latin1')}`,
        );
      },
    });
    await observer.flush();
  }
  const answers: string[] = [];

  const client = await OAuthClient.register(world.mcpUrl);
  const { accessToken, refreshToken } = await client.signIn('alice');
  const callAll = async (backends: readonly string[]): Promise<readonly boolean[]> => {
    const worked: boolean[] = [];
    for (const backend of backends) {
      const { body, who } = await whoAmI(world.mcpUrl, accessToken, backend);
      answers.push(JSON.stringify(body));
      worked.push(who !== undefined);
    }
    return worked;
  };
  const tokensOf = async (part: string): Promise<number> =>
    (await world.demonstration.issued()).filter((one) => one.part === part && one.kind === 'access_token')
      .length;
  await callAll(['repos', 'directory', 'tickets', 'tickets-self', 'reports']);
  // The tokens live for some seconds. Wait until one was refreshed and one was exchanged again.
  const [refreshed, exchanged] = [await tokensOf('octo'), await tokensOf('sts')];
  await until(async () => {
    await callAll(['repos', 'directory', 'tickets', 'tickets-self', 'reports']);
    return (await tokensOf('octo')) > refreshed && (await tokensOf('sts')) > exchanged;
  });
  // Failures log more than successes.
  await world.demonstration.setFault({ part: 'octo', endpoint: 'token', mode: 'garbage', times: 2 });
  await world.demonstration.setFault({ part: 'sts', endpoint: 'token', mode: 'status500', times: 2 });
  await world.demonstration.expire('octo');
  await world.demonstration.expire('sts');
  for (const backend of ['repos', 'tickets'])
    await until(async () => (await callAll([backend])).includes(false));
  await world.demonstration.reset();
  for (const fault of ['garbage', 'status500', 'drop_after'] as const) {
    await world.demonstration.setFault({ part: 'octo', endpoint: 'token', mode: fault, times: 1 });
    const browser = newBrowser();
    await signIn(browser, client.authorizationRequest().url, { login: 'bob', password: PASSWORD });
    answers.push(
      browser.page.text,
      ...browser.visited.filter((url) => url.startsWith(world.issuer) && !url.includes('/oauth/callback')),
    );
  }
  await world.demonstration.reset();
  await client.refresh(refreshToken);
  answers.push(JSON.stringify((await modernRequest(world.mcpUrl, accessToken, 'tools/list')).body));
  for (const service of SERVICES) {
    for (const port of world.internalPortsOf(service))
      answers.push(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  }
  for (const observer of observers) {
    // After this round trip, everything published before it has arrived.
    await observer.flush();
    await observer.close();
  }

  // A call through all three services, and a sign-in, have been sent to the collector.
  const servicesOf = (traceId: string) =>
    new Set(collector.spans.filter((span) => span.traceId === traceId).map(({ service }) => service));
  await until(() =>
    Promise.resolve(
      collector.spans.some(
        ({ name, traceId }) =>
          name.startsWith('tools/call') && servicesOf(traceId).has('gatehouse-token-vault'),
      ),
    ),
  );
  await until(() =>
    Promise.resolve(
      collector.spans.some(
        ({ name, traceId }) =>
          name.startsWith('GET /oauth/callback') && servicesOf(traceId).has('gatehouse-token-vault'),
      ),
    ),
  );

  await until(() => Promise.resolve(collector.spans.some(({ name }) => name === 'POST /oauth/token')));

  const issued = await world.demonstration.issued();
  const kinds = new Set(issued.map(({ part, kind }) => `${part} ${kind}`));
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      'acme-sso access_token',
      'acme-sso id_token',
      'octo access_token',
      'octo refresh_token',
      'octo authorization_code',
      'sts access_token',
    ]),
  );
  expect(messages.length).toBeGreaterThan(20);
  const places: Readonly<Record<string, string>> = {
    logs: world.logs(),
    answers: answers.join('\n'),
    database: await everythingStored(),
    bus: messages.join('\n'),
    spans: collector.text,
  };
  expect(places['logs']?.length).toBeGreaterThan(500);
  expect(places['database']?.length).toBeGreaterThan(1_000);
  const gatehouse = [accessToken, refreshToken].map((value) => ({ part: 'gatehouse', kind: 'token', value }));
  expect(places['logs']).toContain('"event":"call"');
  expect(places['logs']).toContain('"event":"sign-in-completed"');
  expect(places['logs']).toContain('"event":"connection-changed"');
  for (const word of ['alice', 'bob', 'code=', 'state=', '?']) expect(places['spans']).not.toContain(word);
  const leaks = Object.entries(places).flatMap(([place, text]) =>
    [...issued, ...gatehouse]
      .filter(({ value }) => text.includes(value))
      .map(({ part, kind }) => `${place}: ${part} ${kind}`),
  );
  printFigure(`canaries: ${issued.length}, messages captured: ${messages.length}, leaks: ${leaks.length}`);
  expect([...new Set(leaks)]).toEqual([]);
});
