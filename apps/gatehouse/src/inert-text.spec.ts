import { expect, test } from '@jest/globals';
import { inertJson, inertText } from './inert-text.js';
import { Output } from './output.js';
import { KeptText } from './terminal.fixture.js';

/** It clears the screen, names the window, goes to the beginning of the line, and turns the text round. */
const HOSTILE = '\u001b[2J\u001b]0;owned\u0007\r\u009b31m\u202enice\u2066\u061c';

test('attack: what others wrote moves no cursor and turns no text, whichever command prints it', () => {
  const stream = new KeptText(true);
  const output = new Output(stream, {});
  output.line(`a\t${HOSTILE}`);
  output.heading(HOSTILE);
  output.table(['name', 'state'], [{ cells: [HOSTILE, 'a\nb'], needsAction: true }]);
  output.json({ name: HOSTILE });
  const own = /\u001b\[(1|22|33|39)m/g;
  expect(stream.text).toMatch(own);
  expect(stream.text.replaceAll(own, '')).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
  // A cell is one line: what it holds looks like no further row.
  expect(stream.text).toContain('a b');
});

test('a document for programs has the same value', () => {
  const document = { [HOSTILE]: [HOSTILE, { a: 'b\nc' }] };
  expect(JSON.parse(inertJson(document))).toEqual(document);
  expect(inertJson(document)).not.toMatch(/(?![\n])\p{Cc}/u);
  expect(inertText('Grüße, 名前 👩‍👩‍👧 a\tb\nc')).toBe('Grüße, 名前 👩‍👩‍👧 a\tb\nc');
});
