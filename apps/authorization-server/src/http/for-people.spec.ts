import 'reflect-metadata';
import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Log } from '@gatehouse/observability/log';
import { HTTP_LIMITS, limitedServer } from '@gatehouse/service-process/http-server';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { html } from '../pages/html.js';
import { Browser, PostedForm } from './browser.decorator.js';
import type { Exchange } from './exchange.js';
import { ForPeople } from './for-people.decorator.js';
import { IssuerUrls } from './issuer-urls.js';
import { LimitedAs } from './request-limit.guard.js';
import { RequestLimits } from './request-limits.js';
import type { Shown } from './shown.js';

const log = new SilentLog();
const urls = new IssuerUrls({ issuer: 'https://auth.example' });
const clock = { now: 0, nowMs: () => clock.now };
const SETTINGS = { issuer: urls.issuer, publicUrl: urls.issuer, allowedOrigins: [] };
let begun = 0;

@Controller()
@ForPeople()
class PeopleController {
  @Get('leg')
  @LimitedAs('authorize')
  begin(): Shown {
    begun += 1;
    return {
      kind: 'redirect',
      status: 302,
      location: 'https://idp.example/authorize',
      setCookies: ['attempt=1; Path=/'],
    };
  }

  @Post('form')
  answer(@Browser() { request }: Exchange, @PostedForm() form: ReadonlyMap<string, string>): Shown {
    return { kind: 'page', page: html`<p>${request.url} ${form.get('decision')}</p>`, status: 403 };
  }

  @Get('nobody')
  nobody(): Shown {
    return { kind: 'empty', status: 503 };
  }
}

@Module({
  controllers: [PeopleController],
  providers: [
    { provide: Log, useValue: log },
    { provide: IssuerUrls, useValue: urls },
    {
      provide: RequestLimits,
      useValue: new RequestLimits({ ...SETTINGS, trustedProxies: [] }, urls, log, clock),
    },
  ],
})
class PeopleModule {}

let app: NestFastifyApplication;

beforeAll(async () => {
  const serverFactory = (answer: RequestListener) => limitedServer(HTTP_LIMITS, log, answer);
  app = await NestFactory.create<NestFastifyApplication>(
    PeopleModule,
    new FastifyAdapter({ serverFactory }),
    { logger: false, bodyParser: false, abortOnError: false },
  );
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  await app.init();
  await fastify.ready();
});

afterAll(() => app.close());

test('attack: a script begins legs at providers without end: it gets a page with 429, and nothing more is begun', async () => {
  const ask = async (remoteAddress: string) => await app.inject({ url: '/leg', remoteAddress });
  for (let index = 0; index < 120; index += 1) expect((await ask('192.0.2.1')).statusCode).toBe(302);
  const refused = await ask('192.0.2.1');
  expect([refused.statusCode, refused.headers['retry-after'], begun]).toEqual([429, '1', 120]);
  expect(refused.body).toContain('data-page="error"');
  expect(refused.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect((await ask('192.0.2.2')).statusCode).toBe(302);
  clock.now += 1_000;
  expect((await ask('192.0.2.1')).statusCode).toBe(302);
});

test('a redirect carries its cookies, no body, and no address to the next site or to a cache', async () => {
  const { headers, body } = await app.inject({ url: '/leg', remoteAddress: '192.0.2.3' });
  expect(headers).toMatchObject({
    location: 'https://idp.example/authorize',
    'set-cookie': ['attempt=1; Path=/'],
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  expect(body).toBe('');
});

const post = async (payload: string, contentType = 'application/x-www-form-urlencoded') =>
  await app.inject({ method: 'POST', url: '/form', payload, headers: { 'content-type': contentType } });

test('a page has its status and the headers of every page; values in it are escaped', async () => {
  const shown = await post('decision=%3Cscript%3E');
  expect([shown.statusCode, shown.body]).toEqual([403, '<p>/form &lt;script&gt;</p>']);
  expect(shown.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
  });
});

test.each([
  ['a field that comes twice', 'decision=a&decision=b', undefined],
  ['something else than a form', '{}', 'application/json'],
])('attack: %s is posted: the person gets a page with 400', async (_what, payload, contentType) => {
  const refused = await post(payload, contentType);
  expect([refused.statusCode, refused.headers['content-type']]).toEqual([400, 'text/html; charset=utf-8']);
  expect(refused.body).toContain('<code>request_invalid</code>');
});

test('a request that comes from no person gets nothing to keep', async () => {
  const { statusCode, body, headers } = await app.inject({ url: '/nobody' });
  expect([statusCode, body, headers['cache-control']]).toEqual([503, '', 'no-store']);
});
