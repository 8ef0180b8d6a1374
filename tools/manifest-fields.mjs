// Writes the field lists of the seed system's resources (libs/config/src/manifest-fields/published) from its published
// CustomResourceDefinitions: node tools/manifest-fields.mjs FOLDER. Names and types are facts; nothing else is kept.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { parse } = createRequire(new URL('../libs/config/package.json', import.meta.url))('yaml');

const KINDS = [
  'VirtualMCPServer',
  'MCPExternalAuthConfig',
  'MCPOIDCConfig',
  'MCPServerEntry',
  'MCPRemoteProxy',
  'MCPServer',
  'MCPGroup',
  'MCPToolConfig',
  'MCPAuthzConfig',
];

const TARGET = new URL('../libs/config/src/manifest-fields/published/', import.meta.url);

/** `name!` is required; then the type: none is a text, `?` a flag, `#` a number, `[]` texts, `{}` texts by name, `*` anything. */
function suffix(schema) {
  if (schema['x-kubernetes-preserve-unknown-fields'] && schema.properties === undefined) return '*';
  if (schema['x-kubernetes-int-or-string']) return '*';
  if (schema.type === 'boolean') return '?';
  if (schema.type === 'integer' || schema.type === 'number') return '#';
  if (schema.type === 'array') return '[]';
  if (schema.type === 'object') return schema.additionalProperties === undefined ? '*' : '{}';
  return schema.type === 'string' ? '' : '*';
}

const isBlock = (schema) => schema?.properties !== undefined && Object.keys(schema.properties).length > 0;

/** One line for each block: its path, then its own fields; blocks have lines of their own. */
function lines(schema, path = '.', found = []) {
  const own = [];
  const inner = [];
  for (const [name, field] of Object.entries(schema.properties)) {
    const place = path === '.' ? name : `${path}.${name}`;
    const required = schema.required?.includes(name) ? '!' : '';
    const choices =
      field.enum === undefined
        ? ''
        : `=${field.enum.map((value) => value.replace('urn:ietf:params:oauth:token-type:', '@') || "''").join('|')}`;
    if (isBlock(field)) inner.push([field, `${place}${required}`, place]);
    else if (field.type === 'array' && isBlock(field.items))
      inner.push([field.items, `${place}[]${required}`, `${place}[]`]);
    else if (isBlock(field.additionalProperties))
      inner.push([field.additionalProperties, `${place}{}${required}`, `${place}{}`]);
    else own.push(`${name}${required}${suffix(field)}${choices}`);
  }
  found.push(`${path}: ${own.join(' ')}`.trimEnd());
  for (const [field, written, place] of inner) {
    const at = found.length;
    lines(field, place, found);
    found[at] = `${written}${found[at].slice(place.length)}`;
  }
  return found;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder of the CustomResourceDefinitions.');
for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  const { spec } = parse(readFileSync(join(folder, file), 'utf8'));
  if (!KINDS.includes(spec.names.kind)) continue;
  const versions = spec.versions.map(({ name, schema }) => ({
    name,
    text: lines(schema.openAPIV3Schema.properties.spec).join('\n'),
  }));
  if (new Set(versions.map(({ text }) => text)).size !== 1)
    throw new Error(`The versions of ${spec.names.kind} differ.`);
  const constant = spec.names.kind
    .replace(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3_$2$4')
    .toUpperCase()
    .replace('MCPOIDC', 'MCP_OIDC');
  const name = constant.toLowerCase().replaceAll('_', '-');
  writeFileSync(
    new URL(`${name}.ts`, TARGET),
    `// Made by tools/manifest-fields.mjs: ${versions.map(({ name: version }) => version).join(' and ')} have the same fields.\nexport const ${constant}_FIELDS = \`\n${versions[0].text}\n\`;\n`,
  );
}
