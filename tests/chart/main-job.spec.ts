import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chartTool } from '../support/chart/chart-tools.js';
import { at, list, nameOf, rendered, text } from '../support/chart/rendered.js';
import { BUNDLED, configured, valuesOf } from '../support/chart/values.js';

/** Stands in for `gatehouse`: says what it was asked for, and what answers at a public address. The cluster's test runs the real one. */
const PROGRAM = `
const ask = (url) => fetch(url).then((answer) => answer.text(), () => 'nobody');
const answers = await Promise.all([ask(process.env.ASK), ask(process.env.ASK.replace('localhost', '127.0.0.1'))]);
console.log(JSON.stringify({ args: process.argv.slice(2), answers }));
process.exit(Number(process.env.ENDS ?? 0));
`;

describe('what the pod of the main job runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-main-job-'));
  const program = join(folder, 'program.mjs');
  let service: Server;
  let servicePort: number;
  beforeAll(async () => {
    writeFileSync(program, PROGRAM);
    service = createServer((request, response) => response.end(`for ${request.headers.host}`));
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    // It listens on TCP.
    ({ port: servicePort } = service.address() as AddressInfo);
  });
  afterAll(() => {
    service.closeAllConnections();
    service.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function mainJob(
    environment: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number | null; readonly said: string; readonly wrong: string }> {
    const child = spawn(process.execPath, [inRepository('infra/helm/gatehouse/files/main-job.mjs')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { GATEHOUSE_CONFIG: '/etc/gatehouse/gatehouse.yaml', PROGRAM: program, ...environment },
    });
    const heard = { said: '', wrong: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (heard.said += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (heard.wrong += chunk));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...heard };
  }

  test('localhost of the pod is the Service, for the host that clients know; the program is asked for the main job', async () => {
    const port = await freePort();
    const { code, said } = await mainJob({
      WAYS: `${port}=127.0.0.1:${servicePort}`,
      ASK: `http://localhost:${port}/`,
    });
    const [way, answer = ''] = said.trimEnd().split('\n');
    expect(way).toBe(`localhost:${port} is 127.0.0.1:${servicePort}`);
    expect(JSON.parse(answer)).toEqual({
      args: ['demonstrate', '--config', '/etc/gatehouse/gatehouse.yaml'],
      answers: [`for localhost:${port}`, `for 127.0.0.1:${port}`],
    });
    expect(code).toBe(0);
  });

  test('it ends as the program does: a wrong row fails the test', async () => {
    const { code } = await mainJob({ ASK: 'http://localhost:1/', ENDS: '1' });
    expect(code).toBe(1);
  });

  test('where nobody is at the end of a way, nobody answers', async () => {
    const port = await freePort();
    const { said } = await mainJob({ WAYS: `${port}=127.0.0.1:1`, ASK: `http://localhost:${port}/` });
    expect(said).toContain('"answers":["nobody","nobody"]');
  });

  test('a way that is written otherwise is refused', async () => {
    const { code, wrong } = await mainJob({ WAYS: '4483:proxy:4483', ASK: 'http://localhost:1/' });
    expect(wrong).toContain('WAYS: 4483:proxy:4483 is not written as port=host:port');
    expect(code).toBe(1);
  });
});

const where = chartTool('helm') === undefined ? describe.skip : describe;

where('its pod', () => {
  const POD = 'gw-gatehouse-test-main-job';
  const ON = { test: { mainJob: { enabled: true } } };
  const environmentOf = (...values: readonly (string | object)[]): Readonly<Record<string, string>> => {
    const pod = rendered(...values).find((one) => nameOf(one) === POD && one['kind'] === 'Pod');
    const variables = list(at(pod, 'spec', 'containers', 0, 'env'));
    return Object.fromEntries(variables.map((one) => [text(at(one, 'name')), text(at(one, 'value'))]));
  };

  test('is there only when it is asked for: another gateway than a demonstration has no alice', () => {
    const names = (...more: readonly object[]): readonly string[] =>
      rendered(valuesOf('compose/gatehouse.yaml'), BUNDLED, ...more)
        .filter((one) => one['kind'] === 'Pod')
        .map(nameOf);
    expect(names()).toEqual(['gw-gatehouse-test']);
    expect(names(ON).toSorted()).toEqual(['gw-gatehouse-test', POD]);
  });

  test('has a way for each public address that is http on localhost, and for those that the values name', () => {
    const local = configured('publicUrl: http://localhost:4483\nauthServer: { issuer: "http://127.0.0.1" }');
    const ways = [{ port: 4486, to: 'acme-sso:4486' }];
    const set = { test: { mainJob: { enabled: true, ways } } };
    expect(environmentOf(local, set)).toEqual({
      GATEHOUSE_CONFIG: '/etc/gatehouse/gatehouse.yaml',
      WAYS: '4483=gw-gatehouse-vmcp-proxy:4483 80=gw-gatehouse-authorization-server:4484 4486=acme-sso:4486',
    });
  });

  test('two ways cannot begin at one port', () => {
    const set = configured('publicUrl: http://localhost:4483\nauthServer: {}');
    expect(() => environmentOf(set, ON)).toThrow(/test\.mainJob: two ways begin at port 4483 of localhost/);
  });

  test('reaches every other public address by its name', () => {
    const set = configured('publicUrl: https://localhost\nauthServer: { issuer: "https://b.example" }');
    expect(environmentOf(set, ON)['WAYS']).toBe('');
  });
});
