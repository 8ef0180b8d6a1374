/** A JSON Schema, as far as docs/reference/nats-contracts.json uses it. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly minItems?: number;
}

/** One text for each pattern that messages have; a new pattern needs a line here. */
const TEXTS = [
  '0197f0e0-0000-7000-8000-000000000001',
  'A'.repeat(43),
  'A'.repeat(22),
  'eyJh.AAAA.AAAA.AAAA.AAAA',
  'octo',
];

/**
 * Messages that the schema allows: of each alternative one with what has to be there and one with everything.
 * @param of `all`: everything that may be there is
 */
export function samplesOf(schema: Schema, of: 'all' | 'required'): readonly unknown[] {
  const { oneOf, anyOf, enum: values, type } = schema;
  if ('const' in schema) return [schema.const];
  if (values !== undefined) return values;
  const alternatives = oneOf ?? anyOf;
  if (alternatives !== undefined) return alternatives.flatMap((one) => samplesOf(one, of));
  switch (type) {
    case 'string':
      return [textOf(schema)];
    case 'integer':
    case 'number':
      return [Math.max(schema.minimum ?? 0, 1)];
    case 'boolean':
      return [true, false];
    case 'null':
      return [null];
    case 'array':
      return [listOf(schema, of)];
    case 'object':
      return objectsOf(schema, of);
    default:
      return [{}];
  }
}

function textOf({ pattern, minLength = 0, format }: Schema): string {
  if (pattern === undefined)
    return format === 'uri' ? 'https://gatehouse.example.com/' : 'a'.repeat(Math.max(minLength, 1));
  const found = TEXTS.find((text) => new RegExp(pattern).test(text));
  if (found === undefined) throw new Error(`no sample for the pattern ${pattern}`);
  return found;
}

function listOf({ items = {}, minItems = 0 }: Schema, of: 'all' | 'required'): readonly unknown[] {
  const values = samplesOf(items, of);
  return of === 'all' ? values : values.slice(0, minItems);
}

/** Each alternative of a member is in one of them, beside the first of all others. */
function objectsOf(schema: Schema, of: 'all' | 'required'): readonly unknown[] {
  const { properties = {}, required = [], additionalProperties, propertyNames = {} } = schema;
  const members = Object.entries(properties).filter(([name]) => of === 'all' || required.includes(name));
  const choices = members.map(([name, member]) => [name, samplesOf(member, of)] as const);
  const first = Object.fromEntries(choices.map(([name, values]) => [name, values[0]]));
  if (members.length === 0 && of === 'all' && typeof additionalProperties === 'object') {
    const [name] = samplesOf({ type: 'string', ...propertyNames }, of);
    return [{ [String(name)]: samplesOf(additionalProperties, of)[0] }];
  }
  const others = choices.flatMap(([name, values]) =>
    values.slice(1).map((value) => ({ ...first, [name]: value })),
  );
  return [first, ...others];
}

/** Members that the second schema has and the first one has not: `request.challenge`, or `request.challenge.claims`. */
export function addedMembers(before: Schema, after: Schema, path: string): readonly string[] {
  const old = membersOf(before);
  return Object.entries(membersOf(after)).flatMap(([name, member]) => {
    const earlier = old[name];
    const place = `${path}.${name}`;
    return earlier === undefined ? [place] : addedMembers(earlier, member, place);
  });
}

/** Of all alternatives together. */
function membersOf({ properties, oneOf, anyOf, items }: Schema): Readonly<Record<string, Schema>> {
  const below = [...(oneOf ?? []), ...(anyOf ?? []), ...(items === undefined ? [] : [items])];
  return Object.assign({}, ...below.map(membersOf), properties) as Readonly<Record<string, Schema>>;
}
