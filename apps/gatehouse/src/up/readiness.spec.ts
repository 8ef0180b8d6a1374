import type { ServerResponse } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { HttpStub, type StubRequest } from '@gatehouse/testing/http-stub';
import { Processes, type RunningProcess } from './processes.js';
import { untilHttpAnswers, untilListening } from './readiness.client.js';

let folder: string;
let processes: Processes;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-readiness-'));
  processes = new Processes(folder);
});
afterEach(async () => {
  await processes.stop();
  rmSync(folder, { recursive: true, force: true });
});

const running = (script: string): RunningProcess =>
  processes.start({
    name: 'service',
    command: '/bin/sh',
    args: ['-c', script],
    environment: { PATH: process.env['PATH'] ?? '' },
    stopPhase: 1,
  });

/** Answers with a state until it is told to be ready. */
class Service extends HttpStub {
  asked = 0;
  constructor(private readonly readyAfter: number) {
    super();
  }
  protected override answer(_request: StubRequest, response: ServerResponse): void {
    this.asked += 1;
    if (this.asked > this.readyAfter) response.end('ok');
    else response.writeHead(503).end('no database');
  }
}

/** For what is to happen. */
const LONG_MS = 240_000;

test('a service that is not ready at first is waited for', async () => {
  const service = await new Service(2).start();
  try {
    await untilHttpAnswers(running('sleep 300'), service.origin, LONG_MS);
    expect(service.asked).toBe(3);
    await untilListening(running('sleep 300'), Number(new URL(service.origin).port), LONG_MS);
  } finally {
    await service.stop();
  }
});

test('one that never gets ready is shown with what it answered last', async () => {
  const service = await new Service(Number.POSITIVE_INFINITY).start();
  try {
    await expect(untilHttpAnswers(running('sleep 300'), service.origin, 1_000)).rejects.toThrow(
      `service was not ready after 1 s (${service.origin}: status 503 no database).\nIt wrote nothing.\nWhole log: ${folder}`,
    );
  } finally {
    await service.stop();
  }
});

test('one that does not listen is shown with why', async () => {
  const port = await freePort();
  const process = running('sleep 300');
  await expect(untilHttpAnswers(process, `http://127.0.0.1:${port}/readyz`, 500)).rejects.toThrow(
    'ECONNREFUSED',
  );
  await expect(untilListening(process, port, 500)).rejects.toThrow(
    new RegExp(`was not ready after 0.5 s \\(127.0.0.1:${port}: .*ECONNREFUSED`),
  );
});

test('one that ends instead is shown with its last lines, and nobody waits', async () => {
  const process = running('echo first; echo the database is away; exit 75');
  await expect(untilListening(process, await freePort(), LONG_MS)).rejects.toThrow(
    'service ended with exit code 75 instead of becoming ready.\nIts last lines:\n  first\n  the database is away\n',
  );
});
