import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let service: TestService;
/** The same below a path. */
let tenant: TestService;
let local: string;

shareWorld(startServiceWorld, async (world) => {
  service = world.service;
  tenant = await world.startAnother({ issuer: 'https://auth.example/tenant' });
  local = `http://127.0.0.1:${String(tenant.config.listen.port)}`;
});

const ask = async (url: string, accept = '*/*', method = 'GET'): Promise<Response> =>
  await fetch(url, { method, headers: { accept } });

describe('where nothing is', () => {
  test.each(['GET', 'POST', 'DELETE'])('a person’s browser gets a page (%s)', async (method) => {
    const answer = await ask(`${service.issuer}/no/such/page`, BROWSER, method);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('vary')]).toEqual([
      404,
      'text/html; charset=utf-8',
      'Accept',
    ]);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await answer.text();
    expect(text).toContain('data-page="not-found"');
    expect(text).toContain('href="/connections"');
  });

  test.each(['*/*', 'application/json', 'application/problem+json'])(
    'a program gets a problem document (RFC 9457; Accept: %s)',
    async (accept) => {
      const answer = await ask(`${service.issuer}/no/such/endpoint`, accept);
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('vary')]).toEqual([
        404,
        'application/problem+json',
        'Accept',
      ]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.json()).toEqual({
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'The authorization server has no endpoint at this path.',
      });
    },
  );

  test('a route that has nothing of that name says so', async () => {
    const answer = await ask(`${service.issuer}/oauth/client-metadata/nobody`);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ detail: 'The authorization server has nothing of this name.' }),
    ]);
  });

  test.each(['<img src=x onerror=alert(1)>', 'Your account is locked, call 555-0100', '"><a href=//evil>'])(
    'attack: an address that says something (%s): neither the page nor the document repeats it',
    async (said) => {
      for (const accept of [BROWSER, '*/*']) {
        const url = `${service.issuer}/${encodeURIComponent(said)}?x=${encodeURIComponent(said)}`;
        const text = await (await ask(url, accept)).text();
        for (const part of [said, encodeURIComponent(said), 'evil', '555-0100', 'onerror'])
          expect(text).not.toContain(part);
      }
    },
  );

  test('an issuer with a path has its own page, whose links stay below that path', async () => {
    const text = await (await ask(`${local}/tenant/nothing`, BROWSER)).text();
    expect(text).toContain('href="/tenant/connections"');
    expect(text).toContain('href="/tenant/"');
  });
});

describe('the gateway’s own address', () => {
  test('says what this is, where clients connect, and leads to the connections', async () => {
    for (const accept of [BROWSER, '*/*']) {
      const answer = await ask(`${service.issuer}/`, accept);
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      const text = await answer.text();
      expect(text).toContain('data-page="home"');
      expect(text).toContain(service.config.resourceUrl);
      expect(text).toContain('href="/connections"');
    }
  });

  test('is there below a path, too, with and without a slash at its end', async () => {
    for (const path of ['/tenant', '/tenant/'])
      expect(await (await ask(local + path, BROWSER)).text()).toContain('href="/tenant/connections"');
  });

  test('attack: it names no provider, no backend and nobody who is signed in', async () => {
    const browser = service.browser();
    await service.tokens('somebody', browser);
    const { body } = await browser.get('/');
    for (const name of ['acme-sso', 'octo', 'somebody', 'files']) expect(body).not.toContain(name);
  });
});
