import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ScriptedBrowser } from './scripted-browser.js';
import { signIn } from './sign-in.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

let server: Server;
let origin: string;
let routes: Record<string, Handler>;
let browser: ScriptedBrowser;

const redirect =
  (status: number, location: string, headers: Record<string, string | string[]> = {}): Handler =>
  (_request, response) =>
    void response.writeHead(status, { location, ...headers }).end();
const html =
  (body: string, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    void response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(body);
const echo: Handler = async (request, response) => {
  const { cookie, origin: sentOrigin } = request.headers;
  const seen = { method: request.method, cookie, origin: sentOrigin, body: await text(request) };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(seen));
};
const shown = (): unknown => JSON.parse(browser.page.text);

beforeEach(async () => {
  routes = {};
  server = createServer((request, response) => {
    const handler = routes[new URL(request.url ?? '', 'http://x').pathname];
    if (handler === undefined) response.writeHead(404).end('not here');
    else void handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = new ScriptedBrowser({ stopAt: ({ pathname }) => pathname === '/callback' });
});

afterEach(async () => {
  await browser.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('the callback of a client is handed back, never requested', async () => {
  routes['/a'] = redirect(302, '/callback?code=1#part');
  expect(await browser.open(`${origin}/a`)).toEqual({
    kind: 'stopped',
    url: `${origin}/callback?code=1#part`,
  });
  expect(browser.visited).toEqual([`${origin}/a`]);
});

test('a page that sends its reader on at once is left, and redirects are counted anew', async () => {
  for (let hop = 0; hop < 30; hop += 1) routes[`/${hop}`] = redirect(302, `/${hop + 1}`);
  routes['/15'] = html('<p>on</p>', { refresh: '0;url=/16' });
  routes['/30'] = html('<title>here</title>');
  await browser.open(`${origin}/0`);
  expect(browser.page.title).toBe('here');
  routes['/15'] = redirect(302, '/16');
  await expect(browser.open(`${origin}/0`)).rejects.toThrow('too many redirects');
});

test.each([
  [302, 'GET', ''],
  [303, 'GET', ''],
  [307, 'POST', 'name=x'],
  [308, 'POST', 'name=x'],
])('a %i after a form post goes on with %s', async (status, method, body) => {
  routes['/form'] = html('<form method="post" action="/post"><input name="name"></form>');
  routes['/post'] = redirect(status, '/echo');
  routes['/echo'] = echo;
  await browser.open(`${origin}/form`);
  await browser.submit({ fields: { name: 'x' } });
  expect(shown()).toMatchObject({ method, body });
});

test('cookies set on the way travel on, and cookies for another path stay behind', async () => {
  routes['/a'] = redirect(302, '/echo', {
    'set-cookie': ['one=1; Path=/', 'two=2; Path=/other', 'bad=3; Domain=evil.com'],
  });
  routes['/echo'] = echo;
  await browser.open(`${origin}/a`);
  expect(shown()).toMatchObject({ cookie: 'one=1' });
});

test('a page that forbids referrers posts with origin null, as browsers do', async () => {
  routes['/open'] = html('<form method="post" action="/echo"></form>');
  routes['/shy'] = html('<form method="post" action="/echo"></form>', { 'referrer-policy': 'no-referrer' });
  routes['/echo'] = echo;
  await browser.open(`${origin}/open`);
  await browser.submit();
  expect(shown()).toMatchObject({ origin });
  await browser.open(`${origin}/shy`);
  await browser.submit();
  expect(shown()).toMatchObject({ origin: 'null' });
});

test('a redirect loop ends with an error', async () => {
  routes['/a'] = redirect(302, '/a');
  await expect(browser.open(`${origin}/a`)).rejects.toThrow('too many redirects');
});

test('links are followed by their text', async () => {
  routes['/a'] = html('<title>Start &amp; end</title><a href="echo"> Go\n on </a>');
  routes['/echo'] = echo;
  await browser.open(`${origin}/a`);
  expect(browser.page.title).toBe('Start & end');
  await browser.follow('Go on');
  expect(browser.page.url).toBe(`${origin}/echo`);
  await expect(browser.follow('Go on')).rejects.toThrow('no link');
});

const LOGIN =
  '<form method="post" action="/login"><input name="login"><input type="password" name="password"></form>';

test('a person signs in: consent, login, provider consent, callback', async () => {
  const posted: string[] = [];
  const then =
    (location: string): Handler =>
    async (request, response) => {
      posted.push(await text(request));
      response.writeHead(303, { location }).end();
    };
  routes['/authorize'] = html(
    '<form method="post" action="/decide"><input type="hidden" name="csrf" value="c"><button name="decision" value="cancel">Cancel</button><button name="decision" value="approve">Approve</button></form>',
  );
  routes['/decide'] = then('/sign-in');
  routes['/sign-in'] = html(LOGIN);
  routes['/login'] = then('/provider-consent');
  routes['/provider-consent'] = html('<form method="post" action="/agree"><button>Continue</button></form>');
  routes['/agree'] = then('/callback?code=1');
  const outcome = await signIn(browser, `${origin}/authorize`, { login: 'alice', password: 'demo' });
  expect(outcome).toEqual({ kind: 'redirected', url: `${origin}/callback?code=1` });
  expect(posted).toEqual(['csrf=c&decision=approve', 'login=alice&password=demo', '']);
});

test('a refused login ends the walk instead of trying for ever', async () => {
  routes['/sign-in'] = html(LOGIN);
  routes['/login'] = redirect(303, '/sign-in');
  const outcome = await signIn(browser, `${origin}/sign-in`, { login: 'alice', password: 'wrong' });
  expect(outcome).toMatchObject({ kind: 'ended', reason: 'the login was refused' });
});

test('an error page is an end, whatever buttons it has', async () => {
  routes['/a'] = (_request, response) =>
    void response
      .writeHead(502, { 'content-type': 'text/html' })
      .end('<form><button>Continue</button></form>');
  const outcome = await signIn(browser, `${origin}/a`, { login: 'alice', password: 'demo' });
  expect(outcome).toMatchObject({ kind: 'ended', reason: 'nothing on this page to answer' });
});

test('a link that is not there is told with those that are', async () => {
  routes['/a'] = html('<base href="/below/"><a href="b">Onwards</a><a href="http://[">broken</a>');
  await browser.open(`${origin}/a`);
  expect(browser.page.links).toEqual([{ text: 'Onwards', url: `${origin}/below/b` }]);
  await expect(browser.follow('Back')).rejects.toThrow('has no link "Back" (it has Onwards)');
  routes['/none'] = html('');
  await browser.open(`${origin}/none`);
  await expect(browser.follow('Back')).rejects.toThrow('(it has none)');
});

test('a page without a form that fits is told with its status and its text', async () => {
  const form = '<form method="post" action="/x"><input name="a"></form>';
  routes['/two'] = html(`${form}${form}Which one?`);
  await browser.open(`${origin}/two`);
  await expect(browser.submit({ fields: { a: '1' } })).rejects.toThrow('(status 200) has 2 forms that fit');
  await expect(browser.submit({ fields: { other: '1' } })).rejects.toThrow('has 0 forms that fit');
  routes['/one'] = html(form);
  await browser.open(`${origin}/one`);
  await expect(browser.submit({ fields: { other: '1' } })).rejects.toThrow('other');
});

test('an address that is no web page is not opened', async () => {
  routes['/a'] = redirect(302, 'file:///etc/passwd');
  await expect(browser.open(`${origin}/a`)).rejects.toThrow('cannot open file: addresses');
});

describe('a sign-in ends', () => {
  const alice = { login: 'alice', password: 'p' };
  const LOGIN =
    '<form method="post" action="/login"><input name="login"><input type="password" name="p"></form>';

  test('when the login form comes again: the password was refused', async () => {
    routes['/authorize'] = routes['/login'] = html(LOGIN);
    const outcome = await signIn(browser, `${origin}/authorize`, alice);
    expect(outcome).toMatchObject({ kind: 'ended', reason: 'the login was refused' });
  });

  test('at an error page, whatever it offers', async () => {
    routes['/authorize'] = (_request, response) =>
      void response
        .writeHead(500, { 'content-type': 'text/html' })
        .end('<form method="post"><button>Continue</button></form>');
    const outcome = await signIn(browser, `${origin}/authorize`, alice);
    expect(outcome).toMatchObject({ kind: 'ended', reason: 'nothing on this page to answer' });
  });

  test('when pages never end', async () => {
    routes['/authorize'] = html('<form method="post" action="/authorize"><button>Continue</button></form>');
    const outcome = await signIn(browser, `${origin}/authorize`, alice);
    expect(outcome).toMatchObject({ kind: 'ended', reason: 'no end after 25 pages' });
  });
});
