import { Secret } from '@gatehouse/kernel/secret';
import { expect, test } from '@jest/globals';
import { readUserCode, shownUserCode, UserCodeDigests } from './user-code.js';

// RFC 8628, section 6.1: what people type beside the characters of the alphabet counts for nothing.
test.each(['BCDF-GHJK', 'bcdfghjk', ' BCDF GHJK ', 'BCDF–GHJK', 'bcdf.ghjk'])('%s is read', (written) => {
  expect(readUserCode(written)).toBe('BCDFGHJK');
});

test.each(['', 'BCDF-GHJ', 'BCDF-GHJKL', 'ABCD-FGHJ', 'BCDF-GH1K', '<b>BCDFGHJK', 'ＢＣＤＦＧＨＪＫ'])(
  '%s is none',
  (written) => {
    expect(readUserCode(written)).toBeUndefined();
  },
);

test('a code is shown as devices show it, and reads back', () => {
  expect(shownUserCode('BCDFGHJK')).toBe('BCDF-GHJK');
  expect(readUserCode(shownUserCode('BCDFGHJK'))).toBe('BCDFGHJK');
});

test('attack: a stored code cannot be found by trying all of them without the key', () => {
  const [one, other] = ['a'.repeat(43), 'b'.repeat(43)].map((key) => new UserCodeDigests(new Secret(key)));
  expect(one?.of('BCDFGHJK')).toBe(one?.of('BCDFGHJK'));
  expect(one?.of('BCDFGHJK')).not.toBe(other?.of('BCDFGHJK'));
  expect(one?.of('BCDFGHJK')).not.toBe(one?.of('BCDFGHJL'));
});
