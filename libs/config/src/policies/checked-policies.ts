import type { EntityJson, SchemaJson } from '@cedar-policy/cedar-wasm/nodejs';
import { z } from 'zod';
import type { Finding } from '../findings/problems.js';
import type { CallPolicies, PolicySource } from '../model/call-policies.js';
import { cedar } from './cedar.js';
import { policySchema } from './policy-schema.js';
import { readPolicies, sentenceOf, type NamedPolicy } from './policy-text.js';
import { NamesInUse, type UsedNames } from './used-names.js';

/** Policies that can be used, and everything that was found out about them. */
export interface CheckedPolicies {
  readonly policies: readonly NamedPolicy[];
  readonly entities: readonly EntityJson[];
  readonly used: UsedNames;
  /** Empty: they can be used. */
  readonly findings: readonly Finding[];
}

/** Parses and validates: syntax, then names and types. */
export function checkedPolicies(written: CallPolicies): CheckedPolicies {
  const { policies, findings: misread } = readPolicies(written.sources);
  const { entities, findings: ofEntities } = readEntities(written.entities);
  const used = new NamesInUse(policies.map(({ json }) => json));
  const found = [...misread, ...ofEntities, ...conflicts(used, written.sources)];
  const { groupEntityType, sources } = written;
  const schema: SchemaOf = (isAllThere) => policySchema({ groupEntityType, used, entities, isAllThere });
  const findings = found.length > 0 ? found : validated(policies, sources, schema);
  return { policies, entities, used, findings };
}

const uid = z.union([
  z.strictObject({ type: z.string().min(1), id: z.string() }),
  z.strictObject({ __entity: z.strictObject({ type: z.string().min(1), id: z.string() }) }),
]);
const entityList = z.array(
  z.strictObject({
    uid,
    attrs: z.record(z.string(), z.unknown()).default({}),
    parents: z.array(uid).default([]),
  }),
);

/** Cedar's JSON form of entities; attributes and parents may be left out. */
function readEntities(source: PolicySource | undefined): {
  readonly entities: readonly EntityJson[];
  readonly findings: readonly Finding[];
} {
  if (source === undefined) return { entities: [], findings: [] };
  const { path, text } = source;
  const wrong = (message: string) => ({ entities: [], findings: [{ path, message }] });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return wrong('The entities are not JSON.');
  }
  const parsed = entityList.safeParse(json);
  if (!parsed.success)
    return wrong('The entities are not a list of { "uid": { "type", "id" }, "attrs": {}, "parents": [] }.');
  // Values of attributes are checked by the parser below.
  const entities = parsed.data as unknown as EntityJson[];
  const answer = cedar().checkParseEntities({ entities: [...entities] });
  return answer.type === 'success'
    ? { entities, findings: [] }
    : {
        entities: [],
        findings: answer.errors.map((error) => ({ path, message: sentenceOf(error, text, 'the entities') })),
      };
}

/** One claim or argument cannot be two things. */
export const conflicts = ({ types }: UsedNames, sources: readonly PolicySource[]): readonly Finding[] =>
  [...types].flatMap(([name, all]) =>
    all.size < 2
      ? []
      : [
          {
            path: sources[0]?.path ?? [],
            message: `Policies use ${name} as ${[...all].sort().join(' and as ')}: it can be one of them only.`,
          },
        ],
  );

/** By whether what may be absent counts as there. */
type SchemaOf = (isAllThere: boolean) => SchemaJson<string>;

/** A `forbid` that fails because something is absent would be left out by Cedar, so here it has to ask first. */
export function validated(
  policies: readonly NamedPolicy[],
  sources: readonly PolicySource[],
  schemaOf: SchemaOf,
): readonly Finding[] {
  const forbids = policies.filter(({ json }) => json.effect === 'forbid');
  const first = problemsOf(policies, sources, schemaOf(true));
  return first.length > 0 ? first : problemsOf(forbids, sources, schemaOf(false));
}

function problemsOf(
  policies: readonly NamedPolicy[],
  sources: readonly PolicySource[],
  schema: SchemaJson<string>,
): readonly Finding[] {
  const answer = cedar().validate({
    schema,
    policies: { staticPolicies: Object.fromEntries(policies.map(({ id, json }) => [id, json])) },
  });
  const somewhere = sources[0]?.path ?? [];
  if (answer.type === 'failure')
    return answer.errors.map((error) => ({ path: somewhere, message: sentenceOf(error, '', 'policies') }));
  // The same place is wrong once for each action that the policy is about.
  const places = new Map(
    answer.validationErrors.map((found) => [
      `${found.policyId} ${String(found.error.sourceLocations?.[0]?.start)} ${found.error.help ?? found.error.message}`,
      found,
    ]),
  );
  return [...places.values()].map(({ policyId, error }) => ({
    path: policies.find(({ id }) => id === policyId)?.path ?? somewhere,
    message: sentenceOf(error, '', 'policies'),
  }));
}
