import { RULES } from './rules/rules.js';
import { WARNINGS } from './rules/warnings.js';
import type { SchemaField, SchemaNode } from './yaml/schema-tree.js';
import { DEFAULT_SECRETS_DIR } from './secrets/secret-references.js';
import { gatehouseYamlTree } from './structure/structure.js';
import { FORMATS } from './yaml/formats.js';

/** `docs/configuration.md`, from the schemas and the table of rules, around a given example. */
export function configurationDocumentation(example: string): string {
  return [
    '# Configuration',
    'This page is generated from the schemas of `libs/config` (`node tools/generate-configuration-docs.mjs`); change those.',
    'Every service reads the same `gatehouse.yaml` and takes only its part. `gatehouse validate` runs the checks that run at start, and reports all problems at once; `--explain` shows what is derived.',
    'An editor that knows YAML completes fields and choices with the [JSON Schema](reference/gatehouse.schema.json): `gatehouse schema > gatehouse.schema.json`, and `# yaml-language-server: $schema=gatehouse.schema.json` as the first line of the file.',
    '## Example',
    `\`\`\`yaml\n${example.trim()}\n\`\`\``,
    ...SECRETS_SECTION,
    '## Fields',
    'A field without a default is required unless it says *optional*. Unknown fields are errors. Durations have a unit; a bare number is an error.',
    ...blockSections('', gatehouseYamlTree),
    '## Rules across fields',
    RULES.map(({ demands }) => `- ${demands}`).join('\n'),
    '## Warnings',
    'They are printed by `gatehouse validate` and logged at start, and stop nothing.',
    WARNINGS.map(({ warns }) => `- ${warns}`).join('\n'),
    '',
  ].join('\n\n');
}

const SECRETS_SECTION: readonly string[] = [
  '## Secrets',
  'A secret is never written in plain text. Wherever the type is *secret*, write one of:',
  [
    '- `{ env: NAME }`: the environment variable `NAME` of the service that reads it;',
    '- `{ file: /run/secrets/x }`: the content of a file; a relative path starts at the folder of the configuration;',
    `- \`{ secretRef: { name: sso, key: client-secret } }\`: the file \`<SECRETS_DIR>/sso/client-secret\`. \`SECRETS_DIR\` is an environment variable of the service, \`${DEFAULT_SECRETS_DIR}\` when it is not set.`,
  ].join('\n'),
  'Space around the value is dropped. A service reads only the secrets of its part, so it can run without the others:',
  [
    '| Service | Secrets |',
    '| --- | --- |',
    '| authorization server | `authServer.signingKeys`, `authServer.keyHolders.*`, `authServer.keyEncryptionKeys`, `authServer.clientRegistration.*`, `postgres.authorizationServer.url`, `nats.credentials` |',
    '| token vault | client secrets of providers and token exchanges, `vault.keyEncryptionKeys`, `postgres.tokenVault.url`, `nats.credentials` |',
    '| proxy | values of injected headers, `bridge.secret`, `nats.credentials` |',
    '| bridge | `bridge.secret`, `backends[].secretEnv` |',
  ].join('\n'),
];

/** A section for a block and for each block below it, in the order of the schema; equal tables stand there once. */
function blockSections(
  path: string,
  node: SchemaNode,
  described = new Map<string, string>(),
): readonly string[] {
  const inner = innermost(path, node);
  if (inner.node.kind !== 'object' || isReference(inner.node)) return [];
  const fields = [...inner.node.fields];
  const heading = inner.path === '' ? 'The document' : `\`${inner.path}\``;
  const table = [
    '| Field | Type | Default | Meaning |',
    '| --- | --- | --- | --- |',
    ...fields.map(([name, field]) => row(name, field)),
  ].join('\n');
  const start = [`### ${heading}`, ...(node.about === undefined || path === '' ? [] : [node.about])];
  const same = described.get(table);
  if (same !== undefined) return [...start, `The fields of ${same}.`];
  described.set(table, heading);
  return [
    ...start,
    table,
    ...fields.flatMap(([name, field]) =>
      blockSections(inner.path === '' ? name : `${inner.path}.${name}`, field.node, described),
    ),
  ];
}

/** References are described once, under Secrets. */
const isReference = (node: SchemaNode): boolean =>
  node.kind === 'object' &&
  (node.secret === true ? !node.fields.has('id') && !node.fields.has('pkcs11') : node.fields.has('key'));

/** The block inside lists and maps, with the path that leads to one of its kind. */
function innermost(path: string, node: SchemaNode): { readonly path: string; readonly node: SchemaNode } {
  if (node.kind === 'list') return innermost(`${path}[]`, node.element);
  if (node.kind === 'map') return innermost(`${path}.<${node.key?.name ?? 'name'}>`, node.value);
  return { path, node };
}

const row = (name: string, field: SchemaField): string =>
  `| ${[`\`${name}\``, typeOf(field.node), defaultOf(field), aboutOf(field.node)].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function aboutOf(node: SchemaNode): string {
  const aliases = Object.entries(node.aliases ?? {}).map(([alias, name]) => `\`${alias}\` = \`${name}\``);
  return [
    node.about ?? '',
    ...(aliases.length === 0 ? [] : [`Also accepted: ${aliases.join(', ')}.`]),
    ...(node.refused === undefined
      ? []
      : [`Refused by name: ${node.refused.map((name) => `\`${name}\``).join(', ')}.`]),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function typeOf(node: SchemaNode): string {
  if (node.secret === true)
    return node.kind !== 'object' || !(node.fields.has('id') || node.fields.has('pkcs11'))
      ? 'secret'
      : node.fields.has('id')
        ? 'id and secret'
        : 'secret, or where the key is held';
  switch (node.kind) {
    case 'object':
      return 'fields';
    case 'list':
      return `list of ${typeOf(node.element)}`;
    case 'map':
      return `${typeOf(node.value)} by ${node.key?.name ?? 'name'}`;
    case 'choice':
      return node.values
        .filter((value) => node.aliases?.[value] === undefined)
        .map((value) => `\`${value}\``)
        .join(', ');
    case 'text':
      return node.format === undefined ? 'text' : FORMATS[node.format].describes;
    case 'number':
      return 'whole number';
    case 'countOr':
      return `\`${node.countOr.word}\`, or a whole number`;
    case 'flag':
      return '`true`, `false`';
  }
}

function defaultOf({ node, required, fallback }: SchemaField): string {
  if (node.derived !== undefined) return node.derived;
  if (required) return '**required**';
  if (fallback === undefined) return '*optional*';
  // A block that may be left out has the defaults of its fields.
  if (node.kind === 'object' && JSON.stringify(fallback) === '{}') return '';
  return typeof fallback === 'string' ? `\`${fallback}\`` : `\`${flow(fallback)}\``;
}

/** A default as it would be written in YAML. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).length === 0
      ? '{}'
      : `{ ${Object.entries(value)
          .map(([name, item]) => `${name}: ${flow(item)}`)
          .join(', ')} }`;
  return value === '*' ? "'*'" : String(value);
}
