import type { Path } from '../findings/path.js';
import type { Finding } from '../findings/problems.js';
import type { SchemaNode } from '../yaml/schema-tree.js';

/**
 * Checks that need the document as it was written, because zod fills in defaults and drops some names: blocks that do
 * not go with their `type`, and names that a parsed record cannot hold.
 */
export function blockFindings(node: SchemaNode, value: unknown, path: Path = []): readonly Finding[] {
  switch (node.kind) {
    case 'list':
      return Array.isArray(value)
        ? value.flatMap((item, index) => blockFindings(node.element, item, [...path, index]))
        : [];
    case 'map':
      return entriesOf(value).flatMap(([key, item]) => [
        ...(key === '__proto__' ? [{ path: [...path, key], message: 'This name cannot be used.' }] : []),
        ...blockFindings(node.value, item, [...path, key]),
      ]);
    case 'object':
      return [
        ...ofType(node, value, path),
        ...entriesOf(value).flatMap(([key, item]) => {
          const field = node.fields.get(key);
          return field === undefined ? [] : blockFindings(field.node, item, [...path, key]);
        }),
      ];
    case 'text':
    case 'choice':
    case 'number':
    case 'countOr':
    case 'flag':
      return [];
  }
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

function ofType(
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
