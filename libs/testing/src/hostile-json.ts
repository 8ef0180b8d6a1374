/** Parts of a JSON text that go on and on; `unit` gives one of them. */
interface Shape {
  readonly before: string;
  readonly unit: (index: number) => string;
  readonly after: string;
}

const list = (unit: (index: number) => string): Shape => ({
  before: '[',
  unit: (index) => `${unit(index)},`,
  after: '0]',
});
const object = (unit: (index: number) => string): Shape => ({
  before: '{',
  unit: (index) => `${unit(index)},`,
  after: '"":0}',
});
const text = (unit: string): Shape => ({ before: '"', unit: () => unit, after: '"' });

/** JSON texts that cost a parser much more than their length lets expect, and one that does not. */
const SHAPES: Readonly<Record<string, Shape>> = {
  'empty lists': list(() => '[]'),
  'empty objects': list(() => '{}'),
  'objects of names that never come again': list((index) => `{"k${index}":0}`),
  'small numbers': list(() => '1'),
  exponents: list(() => '1e1'),
  'numbers that no double holds': list(() => '1.0'),
  'one long number': { before: '1', unit: () => '0', after: '' },
  'many names': object((index) => `"k${index}":0`),
  'names that are numbers': object((index) => `"${(index * 7_919) % 1_000_000_007}":0`),
  'one name again and again': object(() => '"k":0'),
  'empty strings': list(() => '""'),
  'one long text of escapes': text('\\u0041'),
  'one long text of backslashes': text('\\\\'),
  'one long text of two-byte characters': text('é'),
  'white space': { before: '[', unit: () => '\n', after: ']' },
  'one long text': text('x'),
};

/** By what they are made of: JSON texts of about so many bytes. */
export const hostileJson = (bytes: number): ReadonlyMap<string, string> =>
  new Map([
    ...Object.entries(SHAPES).map(([name, shape]) => [name, grown(shape, bytes)] as const),
    ['lists in lists', '['.repeat(bytes / 2) + ']'.repeat(bytes / 2)],
    ['objects in objects', `${'{"a":'.repeat(bytes / 6)}1${'}'.repeat(bytes / 6)}`],
  ]);

function grown({ before, unit, after }: Shape, bytes: number): string {
  const room = bytes - before.length - after.length;
  if (unit(0) === unit(1))
    return before + unit(0).repeat(Math.floor(room / Buffer.byteLength(unit(0)))) + after;
  const units: string[] = [];
  for (let index = 0, length = 0; ; index += 1) {
    const one = unit(index);
    length += one.length;
    if (length > room) return before + units.join('') + after;
    units.push(one);
  }
}
