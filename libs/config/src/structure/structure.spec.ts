import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { configurationText } from '../configuration.fixture.js';
import type { Path } from '../findings/path.js';
import { FORMATS, type Format } from '../yaml/formats.js';
import type { SchemaNode } from '../yaml/schema-tree.js';
import { valueAt } from './shape-findings.js';
import { checkStructure, gatehouseYamlTree } from './structure.js';

interface Text {
  readonly path: Path;
  readonly format: Format;
}

/** Every text that the document of the tests holds, with the format that its field has. */
function textsIn(node: SchemaNode, value: unknown, path: Path = []): readonly Text[] {
  if (node.kind === 'text' && typeof value === 'string' && node.format !== undefined)
    return [{ path, format: node.format }];
  if (node.kind === 'list' && Array.isArray(value))
    return value.flatMap((item, index) => textsIn(node.element, item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
    const inner = node.kind === 'object' ? node.fields.get(key)?.node : node.kind === 'map' && node.value;
    return inner === undefined || inner === false ? [] : textsIn(inner, item, [...path, key]);
  });
}

const document = (): unknown => parse(configurationText());
const TEXTS = textsIn(gatehouseYamlTree, document());

function put(root: unknown, path: Path, value: unknown): void {
  const holder = valueAt(root, path.slice(0, -1));
  if (typeof holder === 'object' && holder !== null) Object.assign(holder, { [path.at(-1) ?? '']: value });
}

describe('a text of the wrong format', () => {
  test.each(TEXTS.map(({ path, format }) => [path.join('.'), format, path] as const))(
    '%s (%s) is reported at its place, once, whatever else is wrong, and is not changed for the rules',
    (_name, format, path) => {
      fc.assert(
        fc.property(
          fc.constantFrom('', ' x', 'a\u0000b', 'http://'),
          fc.constantFrom({}, { unknown: 1 }, { backends: [{ name: 7 }] }, { nats: null }),
          (wrong, alsoWrong) => {
            fc.pre(FORMATS[format].check(wrong) !== undefined);
            const written = { ...Object(document()), ...alsoWrong } as Record<string, unknown>;
            fc.pre(valueAt(written, path) !== undefined);
            put(written, path, wrong);
            const { findings, shape } = checkStructure(written);
            const at = findings.filter((finding) => finding.path.join('.') === path.join('.'));
            expect(at.map(({ message }) => message)).toEqual([
              `The value ${FORMATS[format].check(wrong)?.message ?? ''}`,
            ]);
            expect(valueAt(shape, path)).toBe(wrong);
          },
        ),
        { numRuns: 12 },
      );
    },
  );

  test('the document of the tests has texts of most formats', () => {
    expect(new Set(TEXTS.map(({ format }) => format)).size).toBeGreaterThan(7);
  });
});

describe('a name in a map', () => {
  test.each([
    [['outgoingAuth', 'backends', ' x'], 'begins or ends with a space'],
    [['outgoingAuth', 'backends', ''], 'is empty'],
  ])('%j is reported at the name, beside what is wrong below it', (path, message) => {
    const written = document();
    put(written, path, { type: 'upstreamInject', upstreamInject: { providerName: '' } });
    expect(checkStructure(written).findings).toEqual([
      { path: [...path, 'upstreamInject', 'providerName'], message: 'The value is empty.' },
      { path, message: `The name ${message}.` },
    ]);
  });

  test('__proto__ is reported, and does not vanish unseen', () => {
    const written: unknown = JSON.parse(
      JSON.stringify(document()).replace('"repos":{', '"__proto__":{"type":"unauthenticated"},"repos":{'),
    );
    expect(checkStructure(written).findings).toEqual([
      { path: ['outgoingAuth', 'backends', '__proto__'], message: 'This name cannot be used.' },
    ]);
  });
});
