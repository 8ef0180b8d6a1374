import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  clientPageProblem,
  isLoopbackRedirect,
  KNOWN_REDIRECT_SCHEMES,
  redirectSchemeProblem,
  redirectUriProblem,
} from './client-uris.js';

const problemOf = (uri: unknown, schemes: readonly string[] = []) => redirectUriProblem(uri, schemes);

describe('a place where a code may be sent', () => {
  test.each([
    'https://app.example/callback',
    'https://app.example:8443/cb?x=1&y=a%20b',
    'HTTPS://App.Example/cb',
    'https://xn--bcher-kva.example/cb',
    'https://192.0.2.7/cb',
    'https://localhost:3000/cb',
    'http://localhost/callback',
    'http://127.0.0.1:3000/cb?x=1',
    'http://[::1]:9/cb',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'vscode://publisher.extension/auth',
    'vscode-insiders://publisher.extension/auth',
    'windsurf://publisher.extension/auth',
    'claude://claude.ai/mcp-auth-callback/sdk',
    'warp://mcp/oauth2callback',
    'raycast://oauth?package_name=Extension',
    'com.example.app:/callback',
    'com.raycast:/oauth',
    'com.example.app://auth/callback',
  ])('%s', (uri) => {
    expect(problemOf(uri)).toBeUndefined();
  });

  test('the schemes that an operator lists, and no other', () => {
    expect(problemOf('myeditor://cb')).toMatch(/known here/);
    expect(problemOf('myeditor://cb', ['myeditor'])).toBeUndefined();
    expect(problemOf('youreditor://cb', ['myeditor'])).toBeDefined();
    expect(problemOf('javascript://x/%0aalert(1)', ['javascript'])).toBeDefined();
  });
});

describe('a place where no code may be sent (code in the wrong hands, script from a redirect)', () => {
  test.each([
    ['http on the open internet', 'http://app.example/callback'],
    ['a name that begins like localhost', 'http://localhost.evil.example/cb'],
    ['a name that ends like localhost', 'http://evil.example/localhost'],
    ['script', 'javascript:alert(1)'],
    ['script with an authority', 'javascript://app.example/%0aalert(1)'],
    ['script in capitals', 'JaVaScRiPt:alert(1)'],
    ['script behind a space', ' javascript:alert(1)'],
    ['script behind a control character', '\u0001javascript:alert(1)'],
    ['script with a tab in its scheme', 'java\tscript:alert(1)'],
    ['script with a line break in its scheme', 'java\nscript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['a file', 'file:///etc/passwd'],
    ['a blob', 'blob:https://app.example/1'],
    ['the source of a page', 'view-source:https://app.example/'],
    ['an intent', 'intent://x#Intent;scheme=https;end'],
    ['a scheme that is not known', 'slack://x/cb'],
    ['a scheme of the operating system', 'ms-settings:privacy'],
    ['a mail', 'mailto:me@evil.example'],
    ['a call', 'tel:+123'],
    ['a web socket', 'wss://evil.example/'],
    ['a scheme of periods', '...:/x'],
    ['a scheme that begins with a period', '.app:/x'],
    ['a private-use scheme without a path', 'com.example.app:callback'],
    ['a private-use scheme and nothing', 'cursor://'],
    ['a fragment', 'https://app.example/cb#x'],
    ['an empty fragment', 'https://app.example/cb#'],
    ['a user name (phishing)', 'https://app.example@evil.example/cb'],
    ['an empty user name', 'https://@evil.example/cb'],
    ['a user name before an application', 'cursor://app.example@evil/cb'],
    ['a backslash', 'https://evil.example\\@app.example/cb'],
    ['a backslash for a slash', 'https:\\\\evil.example/cb'],
    ['one slash', 'https:/evil.example/cb'],
    ['no slash', 'https:evil.example/cb'],
    ['three slashes', 'https:///evil.example/cb'],
    ['no host', 'https://?x'],
    ['a space', 'https://app.example/c b'],
    ['a space at its end', 'https://app.example/cb '],
    ['a line break', 'https://app.example/cb\r\nset-cookie: a=b'],
    ['an encoded line break', 'https://app.example/cb%0d%0aset-cookie:%20a=b'],
    ['an encoded NUL', 'https://app.example/cb%00'],
    ['a NUL', 'https://app.example/\u0000'],
    ['a DEL', 'https://app.example/\u007f'],
    ['a C1 control', 'https://app.example/\u0085'],
    ['an override of the direction of text', 'https://app.example/\u202egnp.exe'],
    ['a zero-width space', 'https://app\u200b.example/'],
    ['letters of another script that look the same', 'https://\u0430pp.example/cb'],
    ['an encoded host', 'https://%65vil.example/cb'],
    ['an address written as one number', 'http://2130706433/cb'],
    ['half of an encoding', 'https://app.example/%zz'],
    ['quotes', 'https://app.example/"><script>'],
    ['no URI', 'callback'],
    ['nothing', ''],
    ['no text', 7],
    ['too long', `https://app.example/${'x'.repeat(3_000)}`],
  ])('%s', (_what, uri) => {
    expect(problemOf(uri, ['slackish'])).toEqual(expect.any(String));
  });

  test('whatever is accepted is read by every reader as it is written', () => {
    const awkward = fc.oneof(
      fc.webUrl({ withQueryParameters: true }),
      fc.string({
        unit: fc.constantFrom(
          'h',
          't',
          'p',
          's',
          ':',
          '/',
          '\\',
          '@',
          '.',
          'a',
          '\t',
          ' ',
          '%',
          '0',
          '[',
          ']',
          '#',
          '?',
          '\u202e',
          'é',
        ),
        maxLength: 24,
      }),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => `https://app.example/${text}`),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => `cursor://${text}`),
    );
    fc.assert(
      fc.property(awkward, (uri) => {
        fc.pre(problemOf(uri) === undefined);
        expect(uri).toMatch(/^[!$-;=?-[\]_a-z~]+$/i);
        const url = new URL(uri);
        expect([url.username, url.password, url.hash]).toEqual(['', '', '']);
        expect(url.href.toLowerCase()).toContain(
          url.protocol === 'https:' ? `https://${url.host}` : url.protocol,
        );
        expect(uri.toLowerCase().startsWith(url.protocol)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('loopback is three hosts', () => {
  const yes = ['http://localhost:1/', 'http://127.0.0.1/', 'http://[::1]/', 'https://localhost/'];
  expect(yes.every(isLoopbackRedirect)).toBe(true);
  expect(
    ['http://127.0.0.2/', 'http://localhost.evil.example/', 'cursor://localhost/'].some(isLoopbackRedirect),
  ).toBe(false);
});

test('an operator cannot list what browsers and operating systems act upon themselves', () => {
  for (const scheme of [
    'javascript',
    'data',
    'file',
    'blob',
    'http',
    'https',
    'intent',
    'mailto',
    'My',
    'a:',
    'a b',
    '',
  ])
    expect(redirectSchemeProblem(scheme)).toEqual(expect.any(String));
  for (const scheme of [...KNOWN_REDIRECT_SCHEMES, 'myeditor', 'a+b'])
    expect(redirectSchemeProblem(scheme)).toBeUndefined();
});

test('a page about a client is http or https, and reads in one way', () => {
  for (const uri of ['https://app.example/', 'http://app.example/terms?v=1', 'http://localhost:3000'])
    expect(clientPageProblem(uri)).toBeUndefined();
  for (const uri of [
    'javascript:alert(1)',
    'data:,x',
    'https://a@b.example/',
    'https://a.example/#x',
    'https://a.example/ x',
    'https:\\\\a.example',
    'cursor://x',
    'x',
    7,
    {},
  ])
    expect(clientPageProblem(uri)).toEqual(expect.any(String));
});
