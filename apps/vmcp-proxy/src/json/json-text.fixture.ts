import * as fc from 'fast-check';

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 });

/** A string as JSON, some of its characters as escapes. */
export const spelled = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(text, fc.infiniteStream(fc.boolean())).map(([value, escaped]) => {
    const units = Array.from({ length: value.length }, (_, index) => value.charCodeAt(index));
    const body = units.map((unit) =>
      escaped.next().value === true
        ? `\\u${unit.toString(16).padStart(4, '0')}`
        : JSON.stringify(String.fromCharCode(unit)).slice(1, -1),
    );
    return `"${body.join('')}"`;
  });

/** Numbers as nobody would write them again. */
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('-0', '0.10', '1e5', '1E+05', '-1.5e-007', '12345678901234567890', '2.0'),
);

/** JSON texts of every kind of value, with duplicate and escaped names, and white space wherever it may be. */
export const jsonText = (name: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.letrec<{ json: string; array: string; object: string }>((tie) => ({
    json: fc
      .tuple(
        space,
        fc.oneof(
          { maxDepth: 5, withCrossShrink: true },
          fc.constantFrom('true', 'false', 'null'),
          number,
          spelled(fc.string({ unit: 'binary', maxLength: 6 })),
          tie('array'),
          tie('object'),
        ),
        space,
      )
      .map((parts) => parts.join('')),
    array: fc
      .tuple(space, fc.array(tie('json'), { maxLength: 4 }))
      .map(([gap, values]) => `[${values.length === 0 ? gap : values.join(',')}]`),
    object: fc
      .tuple(space, fc.array(fc.tuple(space, name, space, tie('json')), { maxLength: 5 }))
      .map(([gap, members]) => {
        const written = members.map(([before, key, after, value]) => `${before}${key}${after}:${value}`);
        return `{${members.length === 0 ? gap : written.join(',')}}`;
      }),
  })).json;
