import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { SchemaNode } from '../yaml/schema-tree.js';
import { FORMATS, type Format } from '../yaml/formats.js';

/** What zod's types do not cover: formats of texts, blocks that go with a `type`, exactly one place for a secret. */
export function walkFindings(node: SchemaNode, value: unknown, path: Path = []): readonly Finding[] {
  switch (node.kind) {
    case 'text':
      return typeof value === 'string' ? formatFindings(node.format, value, path) : [];
    case 'list':
      return Array.isArray(value)
        ? value.flatMap((item, index) => walkFindings(node.element, item, [...path, index]))
        : [];
    case 'map':
      return entriesOf(value).flatMap(([key, item]) => [
        ...keyFindings(node, key, path),
        ...walkFindings(node.value, item, [...path, key]),
      ]);
    case 'object':
      return [
        ...(node.secret === true ? referenceFindings(value, path) : []),
        ...blockFindings(node, value, path),
        ...entriesOf(value).flatMap(([key, item]) => {
          const field = node.fields.get(key);
          return field === undefined ? [] : walkFindings(field.node, item, [...path, key]);
        }),
      ];
    case 'choice':
    case 'number':
    case 'flag':
      return [];
  }
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

function formatFindings(format: Format | undefined, value: string, path: Path): readonly Finding[] {
  const problem = format === undefined ? undefined : FORMATS[format].check(value);
  if (problem === undefined) return [];
  const { message, ...instead } = problem;
  return [{ path, message: `The value ${message}`, ...instead }];
}

function keyFindings(node: SchemaNode, key: string, path: Path): readonly Finding[] {
  const problem = node.key === undefined ? undefined : FORMATS[node.key.format].check(key);
  // `__proto__` as a key would vanish in the parsed record instead of being seen by the rules.
  if (key === '__proto__') return [{ path: [...path, key], message: 'This name cannot be used.' }];
  return problem === undefined ? [] : [{ path: [...path, key], message: `The name ${problem.message}` }];
}

const PLACES = ['env', 'file', 'secretRef'];

function referenceFindings(value: unknown, path: Path): readonly Finding[] {
  if (typeof value !== 'object' || value === null) return [];
  const written = PLACES.filter((place) => Object.hasOwn(value, place));
  if (written.length === 1) return [];
  return [
    {
      path,
      message: 'A reference to a secret has exactly one of env, file and secretRef.',
      instead: '{ env: NAME }, { file: /path } or { secretRef: { name, key } }',
    },
  ];
}

function blockFindings(
  node: Extract<SchemaNode, { kind: 'object' }>,
  value: unknown,
  path: Path,
): readonly Finding[] {
  const fields = new Map(entriesOf(value));
  const written = fields.get('type');
  if (node.blocks === undefined || typeof written !== 'string') return [];
  const type = node.fields.get('type')?.node.aliases?.[written] ?? written;
  if (!Object.hasOwn(node.blocks, type)) return [];
  const needed = node.blocks[type];
  const extra = Object.values(node.blocks).filter(
    (block) => block !== undefined && block !== needed && fields.has(block),
  );
  return [
    ...(needed === undefined || fields.has(needed) || node.fields.get(needed)?.fallback !== undefined
      ? []
      : [{ path: [...path, needed], message: `type: ${type} needs the fields under ${needed}.` }]),
    ...extra.map((block) => ({
      path: [...path, block ?? ''],
      message: `These fields do not go with type: ${type}.`,
    })),
  ];
}
