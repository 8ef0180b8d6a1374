import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { shownText, namedUrl } from '../shown-text.js';
import { DoctorWorld } from './doctor-world.fixture.js';
import { secretValuesIn } from './secret-values.js';
import { API_KEY, CLIENT_SECRET } from './stubs.fixture.js';

let world: DoctorWorld;
beforeAll(async () => {
  world = await DoctorWorld.start();
});
afterAll(() => world.close());

/** It clears the screen, writes a line of its own, turns the text round, and hides some. */
const ESCAPES = '\u001b[2J\u001b]0;owned\u0007\r\nNothing is wrong: 12 checks.\u009b31m\u202e\u200b\u{e0041}';
const SHOWABLE = /^[^\p{C}\p{Zl}\p{Zp}]*$/u;

test('a provider, a backend and a gateway that write for the terminal, quote secrets and send megabytes: each finding is a short, plain text', async () => {
  const long = 'x'.repeat(1_000_000);
  const url = (secret: string) =>
    `https://u:${secret}@evil.example/${secret}/${ESCAPES}${long}?${secret}#${secret}`;
  world.provider.faults = { metadata: { issuer: url(CLIENT_SECRET) } };
  world.backend.faults = {
    resource: url(API_KEY),
    tools: [{ name: `${ESCAPES}${long}`, inputSchema: { type: ESCAPES } }],
  };
  world.front.faults = { resource: url(CLIENT_SECRET), issuer: url(API_KEY) };
  const { findings } = await world.diagnose();
  const names = findings.map(({ name }) => name);
  for (const name of [
    'provider-issuer',
    'backend-resource',
    'public-url-other-gateway',
    'issuer-other',
    'backend-tool-name',
  ])
    expect(names).toContain(name);
  for (const { name, about, cause, evidence, fix } of findings)
    for (const text of [name, about, cause, evidence, fix]) {
      expect(text).toMatch(SHOWABLE);
      expect(text.length).toBeLessThan(700);
      for (const secret of [CLIENT_SECRET, API_KEY]) expect(text).not.toContain(secret);
    }
});

test('secrets of an installation are found wherever they stand, in the spellings in which they are quoted', () => {
  const held = {
    of: new Map([['a', [{ secret: new Secret('a-long/secret+value') }]]]),
    short: new Secret('abc'),
  };
  const url = new Secret('postgres://user:pass%20word1@host/db');
  const values = secretValuesIn(held, { again: held, url });
  const base64 = Buffer.from('a-long/secret+value').toString('base64');
  for (const quoted of ['a-long/secret+value', 'a-long%2Fsecret%2Bvalue', base64, 'pass%20word1'])
    expect(shownText(`it was ${quoted}.`, values)).toBe('it was [redacted].');
  expect(shownText('abc', values)).toBe('abc');
  // Signs that are not seen hide none, and no half of one is left where a long text is cut.
  expect(shownText('pass\u200b%20wo\u202erd1', values)).toBe('[redacted]');
  const long = shownText('pass%20word1 '.repeat(100_000), values);
  expect(long).toMatch(/^(\[redacted\] )+[^p]*…$/);
  expect(shownText('y'.repeat(100_000))).toHaveLength(600);
});

test('what is no URL is not shown as one', () => {
  expect([namedUrl(undefined), namedUrl(ESCAPES), namedUrl('https://a.example/b?token=c#d')]).toEqual([
    undefined,
    undefined,
    'https://a.example/b',
  ]);
});
