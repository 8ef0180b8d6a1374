import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, list, text, type Manifest, type Tree } from './rendered.js';

type Schema = Readonly<Record<string, Tree>>;

/**
 * Compares objects with the strict schemas of one version of Kubernetes: types, required fields, choices, and no field that the version
 * does not know. Only what those schemas use of JSON Schema is understood, and anything else is an error.
 */
export class KubernetesSchemas {
  private readonly definitions: Schema;

  constructor(private readonly folder: string) {
    this.definitions = this.read('_definitions.json');
  }

  /** @returns what is wrong, with its place; `undefined` for a kind that is none of Kubernetes' own */
  problems(manifest: Manifest): readonly string[] | undefined {
    const [group, version] = text(manifest['apiVersion']).split('/');
    const suffix = version === undefined ? group : `${group?.split('.')[0]}-${version}`;
    const file = `${text(manifest['kind']).toLowerCase()}-${suffix}.json`;
    if (!existsSync(join(this.folder, file))) return undefined;
    return this.compare(manifest, this.read(file), '');
  }

  private read(file: string): Schema {
    return JSON.parse(readFileSync(join(this.folder, file), 'utf8')) as Schema;
  }

  private compare(value: Tree, schema: Schema, place: string): readonly string[] {
    const reference = schema['$ref'];
    if (typeof reference === 'string') return this.compare(value, this.definition(reference), place);
    const choices = list(schema['oneOf'] ?? schema['anyOf']);
    if (choices.length > 0)
      return choices.some((choice) => this.compare(value, choice as Schema, place).length === 0)
        ? []
        : [`${place}: fits none of its forms`];
    const types = [schema['type'] ?? []].flat().map((type) => text(type));
    if (types.length > 0 && !types.some((type) => isOfType(value, type)))
      return [`${place}: is not ${types.join(' or ')}`];
    if (Array.isArray(schema['enum']) && !schema['enum'].includes(value))
      return [`${place}: is none of ${schema['enum'].join(', ')}`];
    if (Array.isArray(value))
      return value.flatMap((one, index) =>
        this.compare(one as Tree, (schema['items'] ?? {}) as Schema, `${place}/${index}`),
      );
    return typeof value === 'object' && value !== null ? this.fields(value as Manifest, schema, place) : [];
  }

  private fields(value: Manifest, schema: Schema, place: string): readonly string[] {
    const known = schema['properties'] as Readonly<Record<string, Schema>> | undefined;
    const others = schema['additionalProperties'];
    const missing = list(schema['required']).filter((name) => value[text(name)] === undefined);
    return [
      ...missing.map((name) => `${place}/${text(name)}: is missing`),
      ...Object.entries(value).flatMap(([name, field]) => {
        const one = known?.[name] ?? (typeof others === 'object' ? (others as Schema) : undefined);
        if (one !== undefined) return this.compare(field, one, `${place}/${name}`);
        return others === false ? [`${place}/${name}: there is no such field`] : [];
      }),
    ];
  }

  private definition(reference: string): Schema {
    const name = reference.split('/').at(-1) ?? '';
    const found = at(this.definitions, '$defs', name) ?? at(this.definitions, 'definitions', name);
    if (found === undefined) throw new Error(`the schemas have no ${name}`);
    return found as Schema;
  }
}

function isOfType(value: Tree, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
