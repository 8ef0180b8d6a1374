import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { cookieName, readCookie, setCookie } from './cookies.js';
import { readForm } from './form-body.js';
import { IssuerUrls } from './issuer-urls.js';
import { pageHeaders } from './page-headers.js';
import { callerBehind, networkOf } from '@gatehouse/service-process/trusted-proxies';
import { RateLimiter } from './rate-limit.js';

describe('URLs of an issuer with a path', () => {
  const urls = new IssuerUrls({ issuer: 'https://auth.example/tenant' });

  test.each([
    ['/tenant/oauth/token', '/oauth/token'],
    ['/tenant', '/'],
    ['/.well-known/oauth-authorization-server/tenant', '/.well-known/oauth-authorization-server'],
    ['/.well-known/openid-configuration/tenant?x=1', '/.well-known/openid-configuration'],
    ['/tenant/.well-known/openid-configuration', '/.well-known/openid-configuration'],
    ['/tenantless/oauth/token', '/tenantless/oauth/token'],
    ['/.well-known/oauth-authorization-servers', '/.well-known/oauth-authorization-servers'],
  ])('%s is the route %s', (requested, route) => {
    expect(urls.route(requested)).toBe(route);
  });

  test.each([
    ['https://login.example', '/oauth/authorize?x=1', '/oauth/authorize?x=1', true],
    ['https://login.example/begin', '/begin/oauth/authorize', '/oauth/authorize', true],
    ['https://auth.example/begin', '/begin/oauth/authorize?x=1', '/oauth/authorize?x=1', false],
    ['https://login.example/begin', '/begin/oauth/authorize/x', '/begin/oauth/authorize/x', true],
  ])(
    'with authorizations at %s: %s is the route %s',
    (authorizationEndpointBaseUrl, requested, route, elsewhere) => {
      const other = new IssuerUrls({ issuer: 'https://auth.example/tenant', authorizationEndpointBaseUrl });
      expect(other.route(requested)).toBe(route);
      expect(other.route('/tenant/oauth/authorize?x=1')).toBe('/oauth/authorize?x=1');
      expect(other.beginsElsewhere).toBe(elsewhere);
    },
  );

  test('are below that path', () => {
    expect(urls.url('/oauth/token')).toBe('https://auth.example/tenant/oauth/token');
  });
});

describe('cookies', () => {
  test('are read by their whole name', () => {
    expect(readCookie('xa=1;\ta=2 ; ab=3', 'a')).toBe('2');
    expect(readCookie('ab=1', 'a')).toBeUndefined();
    expect(readCookie(undefined, 'a')).toBeUndefined();
  });

  test('that come twice count for nothing, whichever is first (cookie tossing from another host or path)', () => {
    expect(readCookie('a=tossed; a=ours', 'a')).toBeUndefined();
    expect(readCookie('a=ours; b=1; a=tossed', 'a')).toBeUndefined();
    expect(readCookie('a=ours; b=1; a=tossed', 'b')).toBe('1');
  });

  test.each(['\u00a0', '\u0085', '\ufeff', '\u2003', '\v', '\f', '%', '"', '='])(
    'whose name only looks like a __Host- one are other cookies (prefix confusion, %j)',
    (before) => {
      expect(readCookie(`${before}__Host-s=tossed`, '__Host-s')).toBeUndefined();
      expect(readCookie(`__Host-s${before}=tossed`, '__Host-s')).not.toBe('tossed');
    },
  );

  test('are out of the reach of scripts and of other sites, and pinned to the host on https', () => {
    const line = setCookie(cookieName('s', true), 'v', { secure: true, maxAgeSeconds: 60 });
    expect(line).toBe('__Host-s=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure');
    expect(setCookie(cookieName('s', false), 'v', { secure: false, maxAgeSeconds: 60 })).not.toContain(
      'Secure',
    );
  });
});

test('a form with a field twice, or of another type, is refused', () => {
  const type = 'application/x-www-form-urlencoded';
  expect(readForm(Buffer.from('a=1&b=%26'), type).get('b')).toBe('&');
  expect(() => readForm(Buffer.from('a=1&a=2'), type)).toThrow();
  expect(() => readForm(Buffer.from('a=1'), 'text/plain')).toThrow();
  expect(() => readForm(undefined, type)).toThrow();
});

test('a page lets forms go to https, loopback and the scheme of its client only', () => {
  const policy = (redirectUri: string): string =>
    pageHeaders({ redirectUri })['content-security-policy'] ?? '';
  expect(policy('cursor://x/callback')).toContain(
    "form-action 'self' https: http://localhost:* http://127.0.0.1:* cursor:;",
  );
  expect(policy('https://app.example/cb')).not.toContain('http:;');
  expect(policy('http://[::1]:3000/cb')).toContain(' http:;');
  expect(pageHeaders()['content-security-policy']).toContain("form-action 'self';");
});

describe('the rate limit', () => {
  test('takes a whole IPv6 network for one caller (address hopping)', () => {
    const hops = ['2001:db8:1:2::1', '2001:db8:1:2:ffff:1:2:3', '2001:db8:1:2:0:0:0:9'];
    expect(new Set(hops.map(networkOf)).size).toBe(1);
    expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'));
    expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0');
    for (const whole of ['192.0.2.7', '::ffff:192.0.2.7', '']) expect(networkOf(whole)).toBe(whole);
  });

  describe('behind proxies', () => {
    const from = (remoteAddress: string, forwardedFor?: string): IncomingMessage => {
      const request = new IncomingMessage(new Socket());
      Object.defineProperty(request.socket, 'remoteAddress', { value: remoteAddress });
      if (forwardedFor !== undefined) request.headers['x-forwarded-for'] = forwardedFor;
      return request;
    };
    const callerOf = callerBehind(['10.0.0.0/8', 'fd00::/8']);

    test('tells people apart by what a trusted proxy says of them', () => {
      expect(callerOf(from('10.1.2.3', '192.0.2.7'))).toBe('192.0.2.7');
      expect(callerOf(from('::ffff:10.1.2.3', '2001:db8:1:2::9'))).toBe('2001:db8:1:2');
      expect(callerOf(from('10.1.2.3', '192.0.2.7, 10.9.9.9'))).toBe('192.0.2.7');
    });

    test('believes nobody else: a caller cannot become many by writing the header itself', () => {
      expect(callerOf(from('198.51.100.4', '192.0.2.7'))).toBe('198.51.100.4');
      for (const invented of ['203.0.113.1', '10.0.0.1', 'unknown', ''])
        expect(callerOf(from('10.1.2.3', `${invented}, 192.0.2.7`))).toBe('192.0.2.7');
      expect(callerBehind([])(from('127.0.0.1', '192.0.2.7'))).toBe('127.0.0.1');
    });

    test('whose connection was reset meanwhile is nobody, and fails nothing', () => {
      const gone = new IncomingMessage(new Socket());
      gone.headers['x-forwarded-for'] = '192.0.2.7';
      for (const trusted of [[], ['10.0.0.0/8']]) expect(callerBehind(trusted)(gone)).toBe('gone');
    });
  });

  test('remembers a bounded number of callers, and still whom it limits, whoever floods (memory)', () => {
    const clock = { now: 0, nowMs: () => clock.now };
    const limiter = new RateLimiter({ burst: 2, perSecond: 1 }, clock);
    const waits = (caller: string, times: number) =>
      Array.from({ length: times }, () => limiter.waitSeconds(caller));
    expect(waits('script', 3)).toEqual([0, 0, 1]);
    for (let index = 1; index < 10_000; index += 1) limiter.waitSeconds(`flood ${index}`);
    // Whoever comes now finds no room of their own; together they are let through like ten.
    const strangers = Array.from({ length: 30 }, (_, index) => limiter.waitSeconds(`stranger ${index}`));
    expect(strangers.filter((seconds) => seconds === 0)).toHaveLength(20);
    expect(waits('script', 1)).toEqual([1]);
    // Who has been quiet until their bucket is full again makes room; nothing is lost with it.
    clock.now = 2_000;
    expect(waits('newcomer', 3)).toEqual([0, 0, 1]);
  });

  test('lets a burst through, then one at a time, and tells callers apart', () => {
    const clock = { now: 0, nowMs: () => clock.now };
    const limiter = new RateLimiter({ burst: 3, perSecond: 1 }, clock);
    expect([1, 2, 3].map(() => limiter.waitSeconds('a'))).toEqual([0, 0, 0]);
    expect(limiter.waitSeconds('a')).toBe(1);
    expect(limiter.waitSeconds('b')).toBe(0);
    clock.now = 1_000;
    expect(limiter.waitSeconds('a')).toBe(0);
    expect(limiter.waitSeconds('a')).toBeGreaterThan(0);
  });
});
