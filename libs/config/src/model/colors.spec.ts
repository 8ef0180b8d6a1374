import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { accentProblem, accentsOf, contrastOf, DARK_GROUNDS, LIGHT_GROUNDS, MIN_CONTRAST } from './colors.js';

const color = fc
  .integer({ min: 0, max: 0xff_ff_ff })
  .map((value) => `#${value.toString(16).padStart(6, '0')}`);

test('contrast is what WCAG says it is', () => {
  expect(contrastOf('#ffffff', '#000000')).toBeCloseTo(21, 5);
  expect(contrastOf('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  expect(contrastOf('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
});

test('whatever color is accepted, every text with it can be read, in light and in dark pages', () => {
  fc.assert(
    fc.property(color, (one) => {
      fc.pre(accentProblem(one) === undefined);
      const { light, dark } = accentsOf(one);
      for (const ground of LIGHT_GROUNDS)
        expect(contrastOf(light.color, ground)).toBeGreaterThanOrEqual(MIN_CONTRAST);
      for (const ground of DARK_GROUNDS)
        expect(contrastOf(dark.color, ground)).toBeGreaterThanOrEqual(MIN_CONTRAST);
      for (const { color: under, strong, ink } of [light, dark])
        for (const button of [under, strong])
          expect(contrastOf(ink, button)).toBeGreaterThanOrEqual(MIN_CONTRAST);
    }),
  );
});

test('a color that is too light is refused with one that is not', () => {
  fc.assert(
    fc.property(color, (one) => {
      const instead = accentProblem(one)?.instead ?? '';
      fc.pre(instead !== '');
      expect(accentProblem(instead.replaceAll('"', ''))).toBeUndefined();
    }),
  );
  expect(accentProblem('#ffcc00')?.message).toContain('4.5:1');
});

test.each(['red', '#123', '#12345g', 'rgb(0,0,0)', '#123456;}', '', 'url(//evil.example)'])(
  'attack: %j is no color, and gets into no stylesheet',
  (one) => {
    expect(accentProblem(one)?.message).toContain('is not a color');
  },
);
