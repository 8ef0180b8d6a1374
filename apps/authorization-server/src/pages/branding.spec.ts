import 'reflect-metadata';
import { accentsOf, DARK_GROUNDS, LIGHT_GROUNDS } from '@gatehouse/config/model/colors';
import { logoOf } from '@gatehouse/config/model/logos';
import { describe, expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';
import { STYLESHEET } from './stylesheet.js';

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>';
const LOGO = logoOf(`data:image/svg+xml;base64,${Buffer.from(SVG).toString('base64')}`);
const HOSTILE = '</span><script>alert(1)</script><img src=x onerror="alert(1)">';

let world: ServiceWorld;
let service: TestService;
/** Whose configuration somebody wrote who means harm, or who pasted what they had. */
let hostile: TestService;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  if (LOGO === undefined) throw new Error('the logo is none');
  service = await world.startAnother({
    branding: {
      name: 'Acme & Sons',
      logo: LOGO,
      accents: accentsOf('#7a1f5c'),
      supportUrl: 'mailto:help@acme.example',
      termsUrl: 'https://acme.example/terms',
      providers: new Map([
        ['octo', { label: 'Octo Code', logo: LOGO, scopeWords: { read: 'read what you can read' } }],
      ]),
      backends: new Map([
        ['files', { label: 'Files of Acme' }],
        ['wiki-search', { label: 'Search', logo: LOGO }],
      ]),
    },
  });
  hostile = await world.startAnother({
    branding: {
      name: HOSTILE,
      providers: new Map([['octo', { label: HOSTILE, scopeWords: { read: HOSTILE } }]]),
      backends: new Map([
        ['files', { label: HOSTILE }],
        ['other', { label: HOSTILE }],
      ]),
    },
  });
});

const approval = async (at: TestService, clientName = 'Test Client') =>
  await at.approvalPage(at.browser(), await at.register({ client_name: clientName }));

describe('pages of an operator', () => {
  test('have its name, its logo, its color, and the ways to help and terms', async () => {
    const { body } = await service.browser().get('/');
    expect(body).toContain('<title>What this gateway is · Acme &amp; Sons</title>');
    expect(body).toContain('<span>Acme &amp; Sons</span>');
    expect(body).toContain('href="mailto:help@acme.example"');
    expect(body).toContain('href="https://acme.example/terms"');
    expect(body).not.toContain('Gatehouse');
  });

  test('name providers and backends by what they are called, and scopes in words', async () => {
    const { body } = await approval(service);
    for (const said of ['Octo Code', 'Files of Acme', 'read what you can read (<code>read</code>)', 'Search'])
      expect(body).toContain(said);
    // What has no words, and no name of its own, is there all the same.
    expect(body).toMatch(/<span class="name">wiki<\/span>/);
    expect(body).toContain('Access: <code>read</code>');
  });

  test('name every backend that the client may use, those without a provider, too', async () => {
    const { body } = await approval(service);
    expect(body).toMatch(/Without an account of yours[^]*Search/);
    expect(body.slice(body.indexOf('Without an account'))).not.toContain('Files of Acme');
  });

  test('get their files from the gateway itself, for as long as they are what they are', async () => {
    const { body } = await service.browser().get('/');
    const paths = [...body.matchAll(/(?:src|href)="(\/pages\/branding\/[^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    expect(new Set(paths.map((path) => path.split('.').at(-1)))).toEqual(new Set(['svg', 'css']));
    for (const path of paths) {
      const answer = await fetch(service.local + path);
      expect([answer.status, answer.headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
      expect(answer.headers.get('cache-control')).toContain('immutable');
      expect(await answer.text()).toMatch(path.endsWith('.svg') ? /^<svg/ : /--accent:#7a1f5c/);
    }
  });
});

describe('attack', () => {
  test('an image of the configuration that is opened by itself can do nothing', async () => {
    const answer = await fetch(`${service.local}/pages/branding/${LOGO?.file ?? ''}`);
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    );
    expect(answer.headers.get('content-type')).toBe('image/svg+xml');
  });

  test.each(['nothing.svg', '..%2f..%2fmain.js', '__proto__', 'constructor', '%00'])(
    'a file that is not of the configuration (%s) is not there',
    async (name) => {
      expect([400, 404]).toContain((await fetch(`${service.local}/pages/branding/${name}`)).status);
      expect([400, 404]).toContain((await fetch(`${world.service.local}/pages/branding/${name}`)).status);
    },
  );

  test('branding opens nothing of what pages may load or do', async () => {
    const [plain, branded] = [await approval(world.service), await approval(service)];
    expect(branded.headers.get('content-security-policy')).toBe(plain.headers.get('content-security-policy'));
    expect(branded.headers.get('content-security-policy')).toContain("img-src 'self'; ");
    expect(branded.body).not.toMatch(/<script|style="|src="(?!\/pages\/)|url\(/);
  });

  test('names from the configuration, from clients and from providers are text, on every page', async () => {
    const browser = hostile.browser();
    const clientId = await hostile.register({ client_name: 'Editor <script>alert(2)</script>' });
    const shown = [
      await browser.get('/'),
      await browser.get('/connections'),
      await browser.get('/no/such/page'),
    ];
    const asked = await hostile.approvalPage(browser, clientId);
    let away = await browser.decide(asked, 'approve');
    away = await hostile.answerLeg(browser, away, { code: 'acme-sso.example-<script>alert(3)</script>' });
    const failed = await hostile.answerLeg(browser, away, { error: 'access_denied' });
    for (const page of [...shown, asked, failed]) {
      expect(page.body).toContain('&lt;script&gt;alert(1)');
      expect(page.body).not.toMatch(/<script|<img(?! class="logo")|onerror="/);
    }
    expect([pageName(asked), pageName(failed)]).toEqual(['consent', 'failure']);
  });
});

test('the stylesheet’s grounds are those that colors are judged against', () => {
  const grounds = (scheme: string): readonly string[] =>
    [...scheme.matchAll(/--(?:ground|card|tint):(#[0-9a-f]+)/g)].map(([, color = '']) => color);
  const [light = '', dark = ''] = STYLESHEET.split('@media (prefers-color-scheme:dark)');
  const whole = (colors: readonly string[]) =>
    new Set(colors.map((color) => (color === '#fff' ? '#ffffff' : color)));
  expect(whole(grounds(light.split('}')[0] ?? ''))).toEqual(new Set(LIGHT_GROUNDS));
  expect(whole(grounds(dark.split('}}')[0] ?? ''))).toEqual(new Set(DARK_GROUNDS));
});
