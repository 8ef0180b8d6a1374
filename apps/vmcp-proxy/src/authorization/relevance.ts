import type { EntityJson } from '@gatehouse/config/policies/cedar';
import type { CheckedPolicies } from '@gatehouse/config/policies/checked-policies';
import type { NamedPolicy } from '@gatehouse/config/policies/policy-text';
import { uidOf } from '@gatehouse/config/policies/policy-schema';
import { keyOf } from './policy-engine.js';

/**
 * What of an entity can make a difference to the policies: the attributes and the entities that they name. Things that are the
 * same in all of that share one decision, so that a list of a thousand tools takes a few.
 */
export class Relevance {
  readonly #named = new Set<string>();

  constructor(private readonly checked: Pick<CheckedPolicies, 'policies' | 'entities' | 'used'>) {
    for (const { json } of checked.policies) this.#collect(json);
    for (const entity of checked.entities) {
      this.#named.add(keyOf(entity));
      this.#collect(entity);
    }
  }

  /** @returns equal texts for entities that no policy can tell apart. */
  signature(variable: 'principal' | 'resource', entity: EntityJson): string {
    const used = this.checked.used.attributes.get(variable);
    // As a whole, it may be compared with anything.
    if (used?.has('*') === true) return JSON.stringify(entity);
    const attributes = [...(used ?? [])].sort().map((name) => [name, entity.attrs[name] ?? null]);
    const parents = entity.parents
      .map((parent) => keyOf({ uid: parent }))
      .filter((key) => this.#named.has(key));
    const { type } = uidOf(entity.uid);
    return JSON.stringify([this.#named.has(keyOf(entity)) ? entity.uid : type, parents.sort(), attributes]);
  }

  /** Of the request as a whole. */
  get usesEndpoint(): boolean {
    const used = this.checked.used.attributes.get('context');
    return used?.has('endpoint') === true || used?.has('*') === true;
  }

  /** Ids of a type that are named somewhere. */
  idsOf(type: string): readonly string[] {
    return [...this.#named]
      .filter((key) => key.startsWith(`${type}\n`))
      .map((key) => key.slice(type.length + 1));
  }

  /** Whether the scope of a policy may fit one of these entities. */
  mayConcern({ json: { resource } }: NamedPolicy, entities: readonly EntityJson[]): boolean {
    if (resource.op !== '==' || !('entity' in resource)) return true;
    const key = keyOf({ uid: resource.entity });
    return entities.some((entity) => keyOf(entity) === key);
  }

  #collect(value: unknown): void {
    if (Array.isArray(value)) for (const one of value) this.#collect(one);
    if (typeof value !== 'object' || value === null) return;
    const { type, id } = value as { readonly type?: unknown; readonly id?: unknown };
    if (typeof type === 'string' && typeof id === 'string') this.#named.add(`${type}\n${id}`);
    for (const one of Object.values(value)) this.#collect(one);
  }
}
