import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { manifests } from '../from-manifests/manifests.fixture.js';
import { customResourceDefinitions, PLURALS, STORED_VERSION } from './custom-resource-definitions.js';
import { fieldTable } from './field-table.js';
import { GROUP, KIND_FIELDS, VERSIONS, type Kind } from './kinds.js';

const EXAMPLES = new URL('../../../../examples/from-toolhive/', import.meta.url);

type Tree = Readonly<Record<string, unknown>>;

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly {
      readonly name: string;
      readonly storage: boolean;
      readonly subresources: object;
      readonly schema: { readonly openAPIV3Schema: Tree };
    }[];
  };
}

const definitions = [...customResourceDefinitions().values()].map((text) => parse(text) as Definition);
const schemas = new Map(
  definitions.map(({ spec }) => [spec.names.kind, spec.versions[0]?.schema.openAPIV3Schema ?? {}]),
);

/** What the API says of an object of a kind. */
function verdict(kind: string, object: unknown): readonly string[] {
  const check = new Ajv({ strict: false, validateFormats: false }).compile(schemas.get(kind) ?? {});
  return check(object)
    ? []
    : (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

test('each kind that is read has one, under the names that the API knows it by, in both versions', () => {
  expect(definitions.map(({ spec }) => spec.names.kind)).toEqual(Object.keys(KIND_FIELDS));
  for (const { metadata, spec } of definitions) {
    expect(metadata.name).toBe(`${spec.names.plural}.${GROUP}`);
    expect(spec.names.plural).toBe(PLURALS[spec.names.kind as Kind]);
    expect(spec.versions.map(({ name }) => name)).toEqual(VERSIONS);
    expect(spec.versions.filter(({ storage }) => storage).map(({ name }) => name)).toEqual([STORED_VERSION]);
    for (const version of spec.versions) {
      expect(version.subresources).toEqual({ status: {} });
      expect(version.schema).toEqual(spec.versions[0]?.schema);
    }
  }
});

describe('objects that are valid here are valid for the API', () => {
  test.each(['gatehouse-github-and-google.yaml', 'gatehouse-okta-exchange.yaml'])('%s', (file) => {
    const text = readFileSync(new URL(file, EXAMPLES), 'utf8');
    const objects = parseAllDocuments(text)
      .map((document) => document.toJS() as { readonly kind?: string })
      .filter(({ kind = '' }) => schemas.has(kind));
    expect(objects.length).toBeGreaterThan(4);
    for (const object of objects) expect(verdict(object.kind ?? '', object)).toEqual([]);
  });

  test('one of each kind', () => {
    for (const object of manifests().filter(({ kind }) => schemas.has(kind)))
      expect(verdict(object.kind, object)).toEqual([]);
  });
});

test('what is not known is kept, so that the operator can say that it is wrong', () => {
  const kept = 'x-kubernetes-preserve-unknown-fields';
  const blocks: Tree[] = [];
  const walk = (tree: unknown): void => {
    if (typeof tree !== 'object' || tree === null) return;
    if ('properties' in tree && 'type' in tree) blocks.push(tree);
    for (const value of Object.values(tree)) walk(value);
  };
  for (const schema of schemas.values()) walk((schema['properties'] as Tree)['spec']);
  expect(blocks.length).toBeGreaterThan(50);
  expect(blocks.filter((block) => block[kept] !== true)).toEqual([]);
});

test('a field of the wrong shape, and a missing one, are refused by the API', () => {
  const entry = {
    metadata: {},
    spec: { groupRef: { name: 'a' }, remoteUrl: 'https://a.example', transport: 'sse' },
  };
  expect(verdict('MCPServerEntry', entry)).toEqual([]);
  expect(verdict('MCPServerEntry', { spec: { ...entry.spec, transport: 'stdio' } })).toEqual([
    '/spec/transport must be equal to one of the allowed values',
  ]);
  expect(verdict('MCPServerEntry', { spec: { groupRef: { name: 'a' }, transport: 'sse' } })).toEqual([
    "/spec must have required property 'remoteUrl'",
  ]);
});

test('what is refused by name, or has no effect, is not looked into by the API either', () => {
  const idle = fieldTable().filter(({ decision, field }) => decision.is !== 'honoured' && field.required);
  expect(idle.length).toBeGreaterThan(0);
  expect(
    verdict('VirtualMCPServer', {
      spec: {
        groupRef: { name: 'a' },
        incomingAuth: { type: 'anonymous' },
        sessionStorage: 1,
        podTemplateSpec: [],
      },
    }),
  ).toEqual([]);
});
