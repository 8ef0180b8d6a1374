import { expect, test } from '@jest/globals';
import { configurationDocumentation } from './documentation.js';
import { RULES } from './rules/rules.js';
import { WARNINGS } from './rules/warnings.js';
import type { SchemaNode } from './yaml/schema-tree.js';
import { gatehouseYamlTree } from './structure/structure.js';

/** Paths of the fields that say nothing about themselves. */
function undescribed(node: SchemaNode, path: string): readonly string[] {
  if (node.kind === 'list') return undescribed(node.element, `${path}[]`);
  if (node.kind === 'map') return undescribed(node.value, `${path}.*`);
  if (node.kind !== 'object') return [];
  return [...node.fields].flatMap(([name, field]) => [
    ...(field.node.about === undefined ? [`${path}.${name}`] : []),
    ...undescribed(field.node, `${path}.${name}`),
  ]);
}

test('every field and every rule is documented', () => {
  expect(undescribed(gatehouseYamlTree, '')).toEqual([]);
  const page = configurationDocumentation('name: acme');
  for (const { demands } of RULES) expect(page).toContain(demands);
  for (const { warns } of WARNINGS) expect(page).toContain(warns);
  expect(page).toContain('### `authServer.upstreamProviders[].oidcConfig`');
  expect(page).toContain('name: acme');
});
