import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readPage } from './page.js';
import { ScriptedBrowser } from './scripted-browser.js';
import { signIn, type Person } from './sign-in.js';

let server: Server;
let origin: string;
let browser: ScriptedBrowser;
/** Pages by path; a path that begins with `to:` is a redirect. */
let pages: Readonly<Record<string, string>> = {};
/** What was sent, in order. */
let sent: string[] = [];

beforeEach(async () => {
  [pages, sent] = [{}, []];
  server = createServer((request, response) => {
    void (async () => {
      if (request.method === 'POST') sent.push(await text(request));
      const page = pages[request.url ?? ''] ?? '';
      if (page.startsWith('to:')) response.writeHead(303, { location: page.slice(3) }).end();
      else response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    })();
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

const ALICE: Person = { login: 'alice', password: 'demo' };
const LOGIN = (action: string): string =>
  `<form method="post" action="${action}"><input name="login"><input type="password" name="pass"><button>Go</button></form>`;
const walk = async (person: Person = ALICE) => await signIn(browser, `${origin}/`, person);

describe('a person who signs in', () => {
  test('logs in, agrees at the provider, and decides, until the client has its answer', async () => {
    pages = {
      '/': LOGIN('/login'),
      '/login': '<form method="post" action="/agree"><button>No</button><button>Allow access</button></form>',
      '/agree':
        '<form method="post" action="/decide"><button name="decision" value="approve">Yes</button><button name="decision" value="cancel">No</button></form>',
      '/decide': 'to:/callback?code=1',
    };
    const seen: string[] = [];
    const meanwhile = async ({ url }: { readonly url: string }): Promise<void> => {
      seen.push(new URL(url).pathname);
      await Promise.resolve();
    };
    expect(await walk({ ...ALICE, meanwhile })).toEqual({
      kind: 'redirected',
      url: `${origin}/callback?code=1`,
    });
    expect(sent).toEqual(['login=alice&pass=demo', '', 'decision=approve']);
    expect(seen).toEqual(['/', '/login', '/agree']);
  });

  test('says no to a client where they want to', async () => {
    pages = {
      '/': '<form method="post" action="/decide"><button name="decision" value="approve">Yes</button><button name="decision" value="cancel">No</button></form>',
      '/decide': 'to:/callback?error=access_denied',
    };
    expect(await walk({ ...ALICE, decision: 'cancel' })).toMatchObject({ kind: 'redirected' });
    expect(sent).toEqual(['decision=cancel']);
  });

  test('is asked for a password alone where the provider knows who it is', async () => {
    pages = {
      '/': '<form method="post" action="/login"><input type="password" name="pass"></form>',
      '/login': 'to:/callback',
    };
    expect(await walk()).toMatchObject({ kind: 'redirected' });
    expect(sent).toEqual(['pass=demo']);
  });

  test('gives no password of theirs where a secret of a backend is asked for', async () => {
    pages = {
      '/': '<form method="post" action="/secret"><input type="password" name="secret"><button>Save</button></form>',
    };
    expect(await walk()).toMatchObject({ kind: 'ended', reason: 'nothing on this page to answer' });
    expect(sent).toEqual([]);
  });
});

describe('a page', () => {
  const page = (body: string, type = 'text/html') =>
    readPage({ url: 'https://a.example/b/c', status: 200, headers: { 'content-type': type }, body });

  test('has its links and forms where its base is, and no link that is none', () => {
    const { links, forms } = page(
      '<head><base href="/d/"></head><a href="e"> one\n two </a><a href="http://[">none</a><form action="f"></form>',
    );
    expect(links).toEqual([{ text: 'one two', url: 'https://a.example/d/e' }]);
    expect(forms[0]?.action).toBe('https://a.example/d/f');
  });

  test('that is no HTML is its text, and nothing in it is a form', () => {
    expect(page('<form></form>', 'text/plain')).toMatchObject({
      text: '<form></form>',
      title: '',
      forms: [],
      links: [],
    });
    expect(readPage({ url: 'https://a.example/', status: 204, headers: {}, body: '' }).text).toBe('');
  });

  test('shows what a person reads: no style, no script, no template', () => {
    const { text: read, title } = page(
      '<head><title> A\n title </title></head><body>one<script>two</script><style>three</style><template>four</template></body>',
    );
    expect([read, title]).toEqual(['one', 'A title']);
  });
});
