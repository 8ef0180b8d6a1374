import 'reflect-metadata';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, HttpCode, Module, Post, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { load } from './load.js';

/**
 * The cost per call of a route of the framework, compared with a plain Node handler. Both read the same body as bytes and
 * give the same answer, each in its own process. `node framework.js` prints both; ADR 16 rests on the difference.
 */
const ANSWER = Buffer.from(
  JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ text: 'bench' }] } }),
);
const BODY = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'a', arguments: {} },
});
const CONNECTIONS = 16;
const WARM_UP_MS = 2_000;
const ROUNDS = 5;
const ROUND_MS = 3_000;

@Controller()
class RouteController {
  @Post('mcp')
  @HttpCode(200)
  call(@Req() request: { readonly body: Buffer }): Buffer {
    if (request.body.length === 0) throw new Error('no body');
    return ANSWER;
  }
}

@Module({ controllers: [RouteController] })
class RouteModule {}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (Buffer.concat(chunks).length === 0) throw new Error('no body');
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length });
    response.end(ANSWER);
  });
}

const SERVERS = {
  'a handler of node:http': async () => {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  },
  'a route of Nest on Fastify': async () => {
    const app = await NestFactory.create<NestFastifyApplication>(RouteModule, new FastifyAdapter(), {
      logger: false,
      bodyParser: false,
    });
    app
      .getHttpAdapter()
      .getInstance()
      .addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
        done(null, body);
      });
    await app.listen(0, '127.0.0.1');
    return (app.getHttpServer().address() as AddressInfo).port;
  },
} satisfies Record<string, () => Promise<number>>;

async function serve(name: string): Promise<void> {
  const start = Object.entries(SERVERS).find(([one]) => one === name)?.[1];
  if (start === undefined) throw new Error(`no server is called ${name}`);
  process.send?.(await start());
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

async function measure(): Promise<void> {
  const running = await Promise.all(
    Object.keys(SERVERS).map(async (name) => {
      const child = fork(process.argv[1] ?? '', [name]);
      const [port] = (await once(child, 'message')) as [number];
      const headers = { 'content-type': 'application/json' };
      const url = `http://127.0.0.1:${port}/mcp`;
      return {
        child,
        micros: [] as number[],
        target: { name, url, headers, body: BODY, pid: child.pid ?? 0 },
      };
    }),
  );
  for (const { target } of running) await load(target, CONNECTIONS, WARM_UP_MS);
  // In turns, so that other load on the machine affects both.
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { target, micros } of running)
      micros.push((await load(target, CONNECTIONS, ROUND_MS)).cpuMicrosPerCall);
  for (const { child, micros, target } of running) {
    child.kill();
    console.log(`${target.name.padEnd(30)} ${median(micros).toFixed(0).padStart(5)} µs of CPU per call`);
  }
}

const [name] = process.argv.slice(2);
await (name === undefined ? measure() : serve(name));
