import { prefixOf, type Aggregation } from '@gatehouse/config/model/aggregation';
import { HINTS, type PolicyAction } from '@gatehouse/config/policies/policy-schema';
import { plainName, shortName } from '@gatehouse/kernel/short-name';
import type { Kind } from '../catalog/definitions.js';
import { otherSpellings } from '../catalog/excluded-uri.js';
import { decoded, isPlain } from '../catalog/plain-uri.js';
import { isObject, type JsonObject } from '../mcp/message.js';

/** What a call is of, or what an entry of a list stands for. */
export interface Thing {
  readonly action: PolicyAction;
  readonly backend: string;
  /** Name, URI or URI template, as the backend knows it. */
  readonly original: string;
  /** As the backend lists it, overrides laid over; absent: it is listed nowhere by itself. */
  readonly definition?: JsonObject;
  /** After `/mcp` in the path of the endpoint. */
  readonly place: string;
}

/** One of the entities that a thing is for policies. */
export interface NamedThing {
  /**
   * `name`: one that is permitted is enough. `spelling`: has to be permitted as well. `shadow`: what a backend might take the
   * URI for; it may not be forbidden.
   */
  readonly role: 'name' | 'spelling' | 'shadow';
  readonly id: string;
}

export const ACTION_OF: Readonly<Record<Kind, PolicyAction>> = {
  tools: 'call_tool',
  prompts: 'get_prompt',
  resources: 'read_resource',
  resourceTemplates: 'read_resource',
};

/** A backend may take a URI for this many others. What may be still more is nothing that a policy can speak of. */
const MAX_SHADOWS = 32;
const MAX_UNLISTED_LENGTH = 2_048;

/**
 * What policies call a thing. It follows from the backend's name for it and from the configuration alone, never from the
 * endpoint or from what else is listed: a tool that a policy is about has no other name anywhere.
 * @returns nothing for a URI that different backends understand in different ways, or in too many.
 */
export function namesOf(thing: Thing, aggregation: Aggregation): readonly NamedThing[] {
  if (thing.action === 'read_resource') return uriNames(thing);
  const { backend, original, action } = thing;
  const override =
    action === 'call_tool'
      ? aggregation.tools.find(({ workload }) => workload === backend)?.overrides.get(original)
      : undefined;
  const before = aggregation.conflictResolution === 'prefix' ? prefixOf(aggregation, backend) : '';
  const whole = before + (override?.name ?? original);
  const plain = before + (override?.name ?? (action === 'call_tool' ? plainName(original) : original));
  return [...new Set([whole, plain, shortName(plain, aggregation.maxNameLength)])].map((id) => ({
    role: 'name',
    id,
  }));
}

/** What is listed is what it says. Of any other URI its backend decides what it means. */
function uriNames({ backend, original, definition }: Thing): readonly NamedThing[] {
  const names = [original, `${backend}+${original}`].map((id) => ({ role: 'name' as const, id }));
  if (definition !== undefined) return names;
  if (original.length > MAX_UNLISTED_LENGTH || !isPlain(original)) return [];
  const spelling = decoded(original);
  const shadows = otherSpellings(original);
  if (shadows.length > MAX_SHADOWS) return [];
  return [
    ...names,
    ...(spelling === original ? [] : [{ role: 'spelling' as const, id: spelling }]),
    ...shadows.map((id) => ({ role: 'shadow' as const, id })),
  ];
}

export type Attributes = Readonly<Record<string, string | boolean>>;

export function attributesOf({ action, backend, original, definition }: Thing, id: string): Attributes {
  const own = { name: original, backend };
  if (action === 'read_resource') return { ...own, uri: id };
  const annotations = action === 'call_tool' ? definition?.['annotations'] : undefined;
  if (!isObject(annotations)) return own;
  return {
    ...own,
    ...Object.fromEntries(
      HINTS.flatMap((hint) => {
        const value = annotations[hint];
        return typeof value === 'boolean' ? [[hint, value]] : [];
      }),
    ),
  };
}
