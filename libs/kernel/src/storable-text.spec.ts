import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isStorableText, storableText } from './storable-text.js';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('\0', '\ud83d', '\ude00', 'a', '\uffff'), { maxLength: 6 })
    .map((all) => all.join('')),
);

test('text is storable exactly when it has no NUL and survives UTF-8', () => {
  fc.assert(
    fc.property(text, (value) => {
      const survives = Buffer.from(value, 'utf8').toString('utf8') === value;
      expect(isStorableText(value)).toBe(survives && !value.includes('\0'));
    }),
  );
});

test('text made storable is, and keeps what was storable as it was', () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(isStorableText(storableText(value))).toBe(true);
      if (isStorableText(value)) expect(storableText(value)).toBe(value);
    }),
  );
});
