import type { EntityJson, SchemaJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { UsedNames, ValueType } from './used-names.js';

/** What policies call things (docs/authorization.md). */
export const ACTIONS = { call_tool: 'Tool', get_prompt: 'Prompt', read_resource: 'Resource' } as const;
export type PolicyAction = keyof typeof ACTIONS;

/** Annotations of tools (MCP, `ToolAnnotations`) that policies can look at. */
export const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;

export interface Attribute {
  readonly type: string;
  readonly required: boolean;
  readonly [more: string]: unknown;
}
export type Attributes = Record<string, Attribute>;

/** What is there in every request. */
const ALWAYS = (type: string): Attribute => ({ type, required: true });
const strings = (required: boolean): Attribute => ({ type: 'Set', element: { type: 'String' }, required });

export interface SchemaFacts {
  readonly groupEntityType: string;
  readonly used: UsedNames;
  readonly entities: readonly EntityJson[];
  /**
   * Whether what may be absent counts as there. A `permit` that finds it absent does not apply, which is safe. A `forbid` has
   * to ask for it first.
   */
  readonly isAllThere: boolean;
}

/** The schema that policies are validated against. */
export function policySchema(facts: SchemaFacts): SchemaJson<string> {
  const { groupEntityType, used, entities, isAllThere } = facts;
  const given = (variable: string, prefix: string): Attributes =>
    givenAttributes(used, variable, prefix, isAllThere);
  const added = addedTypes(entities);
  const parents = (type: string, ...more: readonly string[]): string[] => [
    ...new Set([...more, ...(added.get(type)?.parents ?? [])]),
  ];
  const entity = (type: string, attributes: Attributes, ...more: readonly string[]) => ({
    memberOfTypes: parents(type, ...more),
    shape: record({ ...added.get(type)?.attributes, ...attributes }),
  });
  const place = ['Backend', 'MCP', 'View'];
  const named = { name: ALWAYS('String'), backend: ALWAYS('String') };
  const hints = Object.fromEntries(HINTS.map((name) => [name, { type: 'Boolean', required: isAllThere }]));
  const own = {
    Client: entity(
      'Client',
      {
        ...PRINCIPAL,
        actor: ofType('String', isAllThere),
        actors: strings(isAllThere),
        ...given('principal', 'claim_'),
      },
      groupEntityType,
    ),
    Tool: entity('Tool', { ...named, ...hints, ...given('resource', 'arg_') }, ...place),
    Prompt: entity('Prompt', { ...named, ...given('resource', 'arg_') }, ...place),
    Resource: entity('Resource', { ...named, uri: ALWAYS('String'), ...given('resource', 'arg_') }, ...place),
    Backend: entity('Backend', {}),
    MCP: entity('MCP', {}),
    View: entity('View', {}),
    [groupEntityType]: entity(groupEntityType, {}),
  };
  const others = Object.fromEntries(
    [...added].filter(([type]) => !(type in own)).map(([type]) => [type, entity(type, {})]),
  );
  const context = record({
    endpoint: ALWAYS('String'),
    ...given('context', 'claim_'),
    ...given('context', 'arg_'),
  });
  const actions = Object.fromEntries(
    Object.entries(ACTIONS).map(([name, type]) => [
      name,
      { appliesTo: { principalTypes: ['Client'], resourceTypes: [type], context } },
    ]),
  );
  // The package's types want each kind of type apart; what is built here is checked by its own parser.
  const namespace: unknown = { entityTypes: { ...others, ...own }, actions };
  return { '': namespace } as SchemaJson<string>;
}

const PRINCIPAL: Attributes = {
  clientId: ALWAYS('String'),
  issuer: ALWAYS('String'),
  scopes: strings(true),
};

/** What others name, and policies look at. */
export const givenAttributes = (
  used: UsedNames,
  variable: string,
  prefix: string,
  isAllThere: boolean,
): Attributes =>
  Object.fromEntries(
    [...(used.attributes.get(variable) ?? [])]
      .filter((name) => name.startsWith(prefix))
      .map((name) => [name, ofType([...(used.types.get(name) ?? [])][0] ?? 'String', isAllThere)]),
  );

export const ofType = (type: ValueType, required: boolean): Attribute =>
  type === 'Set' ? strings(required) : { type, required };

export const record = (attributes: Attributes) => ({ type: 'Record', attributes });

interface AddedType {
  readonly parents: Set<string>;
  attributes: Attributes;
}

/** The types of what the operator adds, with what its entities have. */
function addedTypes(entities: readonly EntityJson[]): ReadonlyMap<string, AddedType> {
  const types = new Map<string, AddedType>();
  const typeNamed = (name: string): AddedType => {
    const known = types.get(name) ?? { parents: new Set<string>(), attributes: {} };
    types.set(name, known);
    return known;
  };
  for (const { uid, attrs, parents } of entities) {
    const known = typeNamed(uidOf(uid).type);
    for (const parent of parents) {
      known.parents.add(uidOf(parent).type);
      typeNamed(uidOf(parent).type);
    }
    for (const [name, value] of Object.entries(attrs)) known.attributes[name] ??= attributeOf(value);
  }
  return types;
}

export const uidOf = (uid: EntityJson['uid']): { readonly type: string; readonly id: string } =>
  '__entity' in uid ? uid.__entity : uid;

function attributeOf(value: unknown): Attribute {
  if (typeof value === 'boolean') return { type: 'Boolean', required: false };
  if (typeof value === 'number') return { type: 'Long', required: false };
  if (Array.isArray(value)) {
    return { type: 'Set', element: attributeOf(value[0] ?? ''), required: false };
  }
  if (typeof value === 'object' && value !== null) {
    const entity = (value as { readonly __entity?: { readonly type: string } }).__entity;
    if (entity !== undefined) return { type: 'Entity', name: entity.type, required: false };
    const attributes = Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, attributeOf(one)]),
    );
    return { ...record(attributes), required: false };
  }
  return { type: 'String', required: false };
}
