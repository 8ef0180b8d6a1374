import {
  cedar,
  type CedarValueJson,
  type EntityJson,
  type PolicyJson,
} from '@gatehouse/config/policies/cedar';
import type { CheckedPolicies } from '@gatehouse/config/policies/checked-policies';
import { uidOf, type PolicyAction } from '@gatehouse/config/policies/policy-schema';
import type { NamedPolicy } from '@gatehouse/config/policies/policy-text';
import { NamesInUse } from '@gatehouse/config/policies/used-names';
import { randomUUID } from 'node:crypto';

export interface Question {
  readonly principal: EntityJson;
  readonly action: PolicyAction;
  readonly resource: EntityJson;
  readonly context: Readonly<Record<string, CedarValueJson>>;
}

export interface Evaluation {
  readonly isAllowed: boolean;
  /** The policies that forbid it. */
  readonly forbids: readonly NamedPolicy[];
  /** Policies that could not be evaluated, as Cedar says it. Where one of them forbids, nothing is allowed. */
  readonly errors: readonly string[];
}

/**
 * Which of the policies are asked. `listed`: some arguments may be allowed. `sure`: all arguments are. `permits`: it would be
 * allowed if nothing forbade it.
 */
export type Asked = 'all' | 'listed' | 'sure' | 'permits';

/** The policies, ready to be asked. */
export class PolicyEngine {
  /** Names of arguments by policy. */
  readonly argumentsOf: ReadonlyMap<NamedPolicy, ReadonlySet<string>>;
  /** Some policy does: without that, nothing depends on arguments. */
  readonly looksAtArguments: boolean;
  readonly #id = randomUUID();
  readonly #byId: ReadonlyMap<string, NamedPolicy>;
  readonly #forbids: readonly NamedPolicy[];
  readonly #entities = new Map<string, EntityJson>();

  constructor({ policies, entities }: Pick<CheckedPolicies, 'policies' | 'entities'>) {
    this.#byId = new Map(policies.map((policy) => [policy.id, policy]));
    this.#forbids = policies.filter(({ json }) => json.effect === 'forbid');
    this.argumentsOf = new Map(policies.map((policy) => [policy, argumentsIn(policy.json.conditions)]));
    this.looksAtArguments = policies.some(({ json }) => json.conditions.some(looksAtArguments));
    for (const entity of entities) this.#entities.set(keyOf(entity), entity);
    const sets: Readonly<Record<Asked, (policy: NamedPolicy) => PolicyJson | undefined>> = {
      all: ({ json }) => json,
      permits: ({ json }) => (json.effect === 'permit' ? json : undefined),
      listed: ({ json }) => (json.effect === 'permit' ? withoutArguments(json) : wholeOrNone(json)),
      sure: ({ json }) => (json.effect === 'permit' ? wholeOrNone(json) : withoutArguments(json)),
    };
    for (const [asked, take] of Object.entries(sets)) {
      const staticPolicies = Object.fromEntries(
        policies.flatMap((policy) => {
          const json = take(policy);
          return json === undefined ? [] : [[policy.id, json]];
        }),
      );
      const answer = cedar().preparsePolicySet(`${this.#id} ${asked}`, { staticPolicies });
      if (answer.type === 'failure') throw new Error('policies that were checked cannot be parsed');
    }
  }

  /** Whether there is a policy that forbids, and is not about another action alone. */
  mayForbid(action: PolicyAction): boolean {
    return this.#forbids.some(
      ({ json }) =>
        json.action.op !== '==' || !('entity' in json.action) || uidOf(json.action.entity).id === action,
    );
  }

  evaluate(asked: Asked, { principal, action, resource, context }: Question): Evaluation {
    const answer = cedar().statefulIsAuthorized({
      principal: principal.uid,
      action: { type: 'Action', id: action },
      resource: resource.uid,
      context: { ...context },
      preparsedPolicySetId: `${this.#id} ${asked}`,
      entities: this.#entitiesWith([principal, resource]),
    });
    if (answer.type === 'failure')
      return { isAllowed: false, forbids: [], errors: answer.errors.map(({ message }) => message) };
    const { decision, diagnostics } = answer.response;
    const failed = diagnostics.errors.map(({ policyId, error }) => ({
      isForbid: this.#byId.get(policyId)?.json.effect !== 'permit',
      message: error.message,
    }));
    return {
      // Cedar leaves out what cannot be evaluated. That a permit does not count is safe; that a forbid does not is not.
      isAllowed: decision === 'allow' && !failed.some(({ isForbid }) => isForbid),
      forbids: decision === 'allow' ? [] : diagnostics.reason.flatMap((id) => this.#byId.get(id) ?? []),
      errors: failed.filter(({ isForbid }) => isForbid).map(({ message }) => message),
    };
  }

  /** What the operator says of an entity of the request is added to it. */
  #entitiesWith(own: readonly EntityJson[]): EntityJson[] {
    if (this.#entities.size === 0) return [...own];
    const merged = new Map(this.#entities);
    for (const entity of own) {
      const added = merged.get(keyOf(entity));
      merged.set(
        keyOf(entity),
        added === undefined
          ? entity
          : {
              uid: entity.uid,
              attrs: { ...added.attrs, ...entity.attrs },
              parents: [...entity.parents, ...added.parents],
            },
      );
    }
    return [...merged.values()];
  }
}

export function keyOf({ uid }: Pick<EntityJson, 'uid'>): string {
  const { type, id } = uidOf(uid);
  return `${type}\n${id}`;
}

const argumentsIn = (conditions: PolicyJson['conditions']): ReadonlySet<string> =>
  new Set(
    [...new NamesInUse([{ conditions }]).attributes.values()].flatMap((names) =>
      [...names].filter((name) => name.startsWith('arg_')),
    ),
  );

/** A clause that looks at arguments, or at the context as a whole, where they are. */
const looksAtArguments = (clause: PolicyJson['conditions'][number]): boolean =>
  argumentsIn([clause]).size > 0 ||
  new NamesInUse([{ conditions: [clause] }]).attributes.get('context')?.has('*') === true;

/** All clauses have to hold, so that without some of them it applies to more. */
const withoutArguments = (json: PolicyJson): PolicyJson => ({
  ...json,
  conditions: json.conditions.flatMap(parts).filter((clause) => !looksAtArguments(clause)),
});

type Clause = PolicyJson['conditions'][number];

/** `when { a && b }` is `when { a } when { b }`, and `unless { a || b }` is `unless { a } unless { b }`. */
function parts({ kind, body }: Clause): readonly Clause[] {
  const operator = kind === 'when' ? '&&' : '||';
  const both = (
    body as Readonly<Record<string, { readonly left: Clause['body']; readonly right: Clause['body'] }>>
  )[operator];
  if (both === undefined) return [{ kind, body }];
  return [both.left, both.right].flatMap((one) => parts({ kind, body: one }));
}

const wholeOrNone = (json: PolicyJson): PolicyJson | undefined =>
  json.conditions.some(looksAtArguments) ? undefined : json;
