import fc from 'fast-check';

/** Pieces that some part between a request and a row cannot take, or takes for something else. */
const PIECES = [
  '\0',
  'a\0b',
  '\ud800',
  '\udc00',
  'x\ud83d',
  '\uffff',
  '\ufffd',
  '\u0001',
  '\u007f',
  '\u2028',
  '%00',
  '%',
  '%ff',
  '\\u0000',
  '\\',
  "'",
  '"',
  '{',
  '}',
  '[]',
  'null',
  'NaN',
  '-1',
  '1e999',
  ' ',
  '.',
  '..',
  '/',
  '?',
  '#',
  '&',
  ';',
  '\r\n',
  'é',
  '𝒳',
  '__proto__',
] as const;

/**
 * Text that is hard to store or to pass on: characters that Postgres refuses in `text` (NUL) and in `jsonb` (NUL and lone
 * surrogates), characters with a meaning in JSON, URLs and SQL, and far too much text.
 */
export const nastyText = (): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 4 })
        .map((all) => all.join('')),
    },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 24 }) },
    { weight: 1, arbitrary: fc.constantFrom('\0'.repeat(700), 'x'.repeat(5_000)) },
    {
      weight: 1,
      arbitrary: fc.string({
        unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7'),
        minLength: 6_000,
        maxLength: 6_000,
      }),
    },
  );

/** Every code unit as bytes in percent-encoding; half a surrogate pair as the three bytes that a careless encoder makes of it. */
export const percentEncoded = (text: string): string =>
  Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const bytes =
      code >= 0xd800 && code <= 0xdfff
        ? [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]
        : [...Buffer.from(character, 'utf8')];
    return bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  }).join('');
