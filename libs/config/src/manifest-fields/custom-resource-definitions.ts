import { stringify } from 'yaml';
import { decisionFor, type Decisions } from './decision.js';
import { DECISIONS } from './decisions.js';
import { itemMark, type Pattern, type PublishedField } from './field-tree.js';
import { GROUP, KIND_FIELDS, VERSIONS, type Kind } from './kinds.js';

/** How the API names a kind in its addresses. */
export const PLURALS = {
  VirtualMCPServer: 'virtualmcpservers',
  MCPExternalAuthConfig: 'mcpexternalauthconfigs',
  MCPOIDCConfig: 'mcpoidcconfigs',
  MCPServerEntry: 'mcpserverentries',
  MCPRemoteProxy: 'mcpremoteproxies',
  MCPServer: 'mcpservers',
  MCPGroup: 'mcpgroups',
  MCPToolConfig: 'mcptoolconfigs',
  MCPAuthzConfig: 'mcpauthzconfigs',
} as const satisfies Record<Kind, string>;

/** The version that the API stores; both have the same fields. */
export const STORED_VERSION = 'v1beta1';

type Schema = Readonly<Record<string, unknown>>;

/**
 * What nobody looks into is kept as it is, and so is what is not known: the API would cut it off in silence, and the operator could not
 * say that it is wrong.
 */
const KEPT = { 'x-kubernetes-preserve-unknown-fields': true } as const;

/** A CustomResourceDefinition for each kind that is read, as YAML, by its name. */
export const customResourceDefinitions = (): ReadonlyMap<string, string> =>
  new Map(
    (Object.keys(KIND_FIELDS) as Kind[]).map((kind) => [
      `${PLURALS[kind]}.${GROUP}`,
      stringify(definition(kind), { aliasDuplicateObjects: false, lineWidth: 0 }),
    ]),
  );

function definition(kind: Kind): Schema {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURALS[kind]}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural: PLURALS[kind],
        singular: kind.toLowerCase(),
      },
      versions: VERSIONS.map((name) => ({
        name,
        served: true,
        storage: name === STORED_VERSION,
        subresources: { status: {} },
        additionalPrinterColumns: COLUMNS,
        schema: { openAPIV3Schema: objectSchema(kind) },
      })),
    },
  };
}

const COLUMNS = [
  { name: 'Valid', type: 'string', jsonPath: ".status.conditions[?(@.type=='Valid')].status" },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

function objectSchema(kind: Kind): Schema {
  const spec = blockSchema(KIND_FIELDS[kind], DECISIONS[kind], '');
  return {
    type: 'object',
    ...('required' in spec ? { required: ['spec'] } : {}),
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec,
      status: STATUS,
    },
  };
}

const STATUS: Schema = {
  type: 'object',
  ...KEPT,
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    conditions: {
      type: 'array',
      items: {
        type: 'object',
        ...KEPT,
        required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
        properties: {
          type: { type: 'string' },
          status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
          reason: { type: 'string' },
          message: { type: 'string' },
          lastTransitionTime: { type: 'string', format: 'date-time' },
          observedGeneration: { type: 'integer', format: 'int64' },
        },
      },
    },
  },
};

function blockSchema({ fields }: PublishedField, decisions: Decisions, pattern: Pattern): Schema {
  const required = [...fields].filter(([, field]) => field.required).map(([name]) => name);
  return {
    type: 'object',
    ...KEPT,
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      [...fields].map(([name, field]) => [
        name,
        fieldSchema(field, decisions, pattern === '' ? name : `${pattern}.${name}`),
      ]),
    ),
  };
}

function fieldSchema(field: PublishedField, decisions: Decisions, pattern: Pattern): Schema {
  // Of these the operator says one thing, whatever is in them.
  if (decisionFor(decisions, pattern).is !== 'honoured') return KEPT;
  const block = (): Schema => blockSchema(field, decisions, pattern + itemMark(field));
  switch (field.type) {
    case 'block':
      return block();
    case 'blocks':
      return { type: 'array', items: block() };
    case 'blockMap':
      return { type: 'object', additionalProperties: block() };
    case 'texts':
      return { type: 'array', items: { type: 'string' } };
    case 'textMap':
      return { type: 'object', additionalProperties: { type: 'string' } };
    case 'text':
      return { type: 'string', ...(field.choices === undefined ? {} : { enum: field.choices }) };
    case 'flag':
      return { type: 'boolean' };
    case 'number':
      return { type: 'number' };
    case 'anything':
      return KEPT;
  }
}
