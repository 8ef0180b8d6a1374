import { prefixOf, type Aggregation } from '@gatehouse/config/model/aggregation';
import type { CallPolicies } from '@gatehouse/config/model/call-policies';
import { ACTIONS, type PolicyAction } from '@gatehouse/config/policies/policy-schema';
import type { CedarValueJson, EntityJson } from '@gatehouse/config/policies/cedar';
import { checkedPolicies, type CheckedPolicies } from '@gatehouse/config/policies/checked-policies';
import type { NamedPolicy } from '@gatehouse/config/policies/policy-text';
import { atMost } from '@gatehouse/kernel/at-most';
import { sha256 } from '@gatehouse/kernel/digest';
import { viewName } from '@gatehouse/config/urls/mcp-endpoints';
import type { Log } from '@gatehouse/observability/log';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../incoming-auth/principal.js';
import type { RawObject } from '../json/raw-json.js';
import { readArguments } from './policy-arguments.js';
import { PolicyEngine, type Asked, type Evaluation, type Question } from './policy-engine.js';
import { policyPrincipal, type PolicyPrincipal } from './policy-principal.js';
import { Relevance } from './relevance.js';
import { attributesOf, namesOf, type NamedThing, type Thing } from './things.js';

export type Verdict =
  | { readonly kind: 'allowed' }
  /** No policy permits it: for this caller there is no such thing. */
  | { readonly kind: 'unknown' }
  /** The caller would be let in, and is told why it is not. */
  | { readonly kind: 'forbidden'; readonly why: string; readonly policy?: string };

/** `depends`: on the arguments. */
type Decision = Verdict | { readonly kind: 'depends' };

const ALLOWED: Verdict = { kind: 'allowed' };
const UNKNOWN: Verdict = { kind: 'unknown' };
const DEPENDS: Decision = { kind: 'depends' };
const BROKEN: Verdict = { kind: 'forbidden', why: 'its policies cannot be evaluated for this call' };
const MAX_DECISIONS = 100_000;
const MAX_KEY_LENGTH = 256;

interface Known {
  /** `undefined`: of no caller that policies can decide about. */
  readonly principal: PolicyPrincipal | undefined;
  readonly signature: string;
}

/** What policies say of calls, and of what lists show. */
export class CallPolicy {
  readonly #checked: CheckedPolicies;
  readonly #engine: PolicyEngine;
  readonly #relevance: Relevance;
  readonly #decisions = new LRUCache<string, Decision>(atMost(MAX_DECISIONS));
  readonly #known = new WeakMap<Principal, Known>();

  constructor(
    private readonly written: CallPolicies,
    private readonly facts: { readonly name: string; readonly aggregation: Aggregation },
    private readonly log: Pick<Log, 'warn' | 'error'>,
  ) {
    this.#checked = checkedPolicies(written);
    if (this.#checked.findings.length > 0) throw new Error('policies that were not checked');
    this.#engine = new PolicyEngine(this.#checked);
    this.#relevance = new Relevance(this.#checked);
  }

  /** @param params of the call. They are looked at where arguments decide. @throws {RefusedJson} */
  decide(principal: Principal, thing: Thing, params: RawObject): Verdict {
    const decision = this.#decision(principal, thing);
    return decision.kind === 'depends' ? this.#byArguments(principal, thing, params) : decision;
  }

  /** Whether some arguments may be allowed: for lists, and for what helps to write arguments. */
  mayBe(principal: Principal, thing: Thing): boolean {
    const { kind } = this.#decision(principal, thing);
    return kind === 'allowed' || kind === 'depends';
  }

  /**
   * Whether the caller may know that a backend cannot be listed: when it may call the entry that says so, or a tool there that
   * a policy names.
   */
  mayBeAtBackend(principal: Principal, standIn: Thing): boolean {
    if (this.mayBe(principal, standIn)) return true;
    const { aggregation } = this.facts;
    // Without prefixes nobody knows which tools it would have.
    if (aggregation.conflictResolution !== 'prefix') return false;
    const prefix = prefixOf(aggregation, standIn.backend);
    return this.#relevance.idsOf('Tool').some((id) => {
      if (!id.startsWith(prefix)) return false;
      const named = this.#evaluated('listed', principal, standIn, [{ role: 'name', id }]);
      return named?.isAllowed === true;
    });
  }

  /** Equal for callers whom no policy can tell apart. */
  signatureOf(principal: Principal): string {
    return this.#of(principal).signature;
  }

  #decision(principal: Principal, thing: Thing): Decision {
    const names = this.#namesOf(thing);
    if (names.length === 0) return UNKNOWN;
    const key = this.#keyOf(principal, thing, names);
    const known = this.#decisions.get(key);
    if (known !== undefined) return known;
    const decision = this.#decideAnew(principal, thing, names);
    // What failed is tried again.
    if (decision !== BROKEN) this.#decisions.set(key, decision);
    return decision;
  }

  #keyOf(principal: Principal, thing: Thing, names: readonly NamedThing[]): string {
    const things = names.map(({ role, id }) => [
      role,
      this.#relevance.signature('resource', this.#entity(thing, id)),
    ]);
    const place = this.#relevance.usesEndpoint ? thing.place : '';
    const key = `${this.#of(principal).signature}\n${thing.action}\n${place}\n${JSON.stringify(things)}`;
    // Callers choose how long it is.
    return key.length > MAX_KEY_LENGTH ? sha256(key) : key;
  }

  /** What a backend might take a URI for matters to what forbids. */
  #namesOf(thing: Thing): readonly NamedThing[] {
    const names = namesOf(thing, this.facts.aggregation);
    return this.#engine.mayForbid(thing.action) ? names : names.filter(({ role }) => role !== 'shadow');
  }

  #decideAnew(principal: Principal, thing: Thing, names: readonly NamedThing[]): Decision {
    const listed = this.#evaluated('listed', principal, thing, names);
    if (listed === undefined) return BROKEN;
    if (!listed.isAllowed) return this.#refused(principal, thing, names, listed.forbids);
    if (!this.#engine.looksAtArguments) return ALLOWED;
    const sure = this.#evaluated('sure', principal, thing, names);
    return sure?.isAllowed === true ? ALLOWED : DEPENDS;
  }

  #byArguments(principal: Principal, thing: Thing, params: RawObject): Verdict {
    const names = this.#namesOf(thing);
    const entities = names.map(({ id }) => this.#entity(thing, id));
    const looked = new Set(
      [...this.#engine.argumentsOf].flatMap(([policy, args]) =>
        this.#relevance.mayConcern(policy, entities) ? [...args] : [],
      ),
    );
    const read = readArguments(params, looked, this.#checked.used.types);
    if (read.kind === 'odd') return { kind: 'forbidden', why: `${read.what} must be ${read.wanted}` };
    const found = this.#evaluated('all', principal, thing, names, read.values);
    if (found === undefined) return BROKEN;
    if (found.isAllowed) return ALLOWED;
    return found.forbids.length === 0
      ? { kind: 'forbidden', why: 'no policy permits it with these arguments' }
      : explained(found.forbids);
  }

  /** A `forbid` is explained to those whom a policy lets in. For others it would tell what there is. */
  #refused(
    principal: Principal,
    thing: Thing,
    names: readonly NamedThing[],
    forbids: readonly NamedPolicy[],
  ): Verdict {
    if (forbids.length === 0) return UNKNOWN;
    const permitted = this.#evaluated('permits', principal, thing, names);
    return permitted?.isAllowed === true ? explained(forbids) : UNKNOWN;
  }

  /** All names of the thing together. @returns `undefined` when it cannot be told. */
  #evaluated(
    asked: Asked,
    principal: Principal,
    thing: Thing,
    names: readonly NamedThing[],
    args: Readonly<Record<string, CedarValueJson>> = {},
  ): Pick<Evaluation, 'isAllowed' | 'forbids'> | undefined {
    const caller = this.#of(principal).principal;
    if (caller === undefined) return undefined;
    const evaluations = names.map(({ role, id }) => {
      const resource = this.#entity(thing, id, args);
      const question: Question = {
        principal: caller.entity,
        action: thing.action,
        resource,
        context: { ...caller.context, ...this.#ofVariable('context', args), endpoint: `/mcp${thing.place}` },
      };
      return { role, ...this.#engine.evaluate(asked, question) };
    });
    const errors = evaluations.flatMap((one) => one.errors);
    if (errors.length > 0) {
      this.log.error('policies-not-evaluated', {
        action: thing.action,
        backend: thing.backend,
        reason: errors[0],
      });
      return undefined;
    }
    const forbids = evaluations.flatMap((one) => one.forbids);
    const isAllowed =
      forbids.length === 0 &&
      evaluations.some((one) => one.role === 'name' && one.isAllowed) &&
      evaluations.every((one) => one.role !== 'spelling' || one.isAllowed);
    return { isAllowed, forbids };
  }

  #entity(thing: Thing, id: string, args: Readonly<Record<string, CedarValueJson>> = {}): EntityJson {
    const { action, backend, place } = thing;
    const view = viewName(place);
    return {
      uid: { type: TYPES[action], id },
      attrs: { ...attributesOf(thing, id), ...this.#ofVariable('resource', args) },
      parents: [
        { type: 'Backend', id: backend },
        { type: 'MCP', id: this.facts.name },
        ...(view === undefined ? [] : [{ type: 'View', id: view }]),
      ],
    };
  }

  /** Policies may look at arguments through either variable. */
  #ofVariable(
    variable: 'context' | 'resource',
    args: Readonly<Record<string, CedarValueJson>>,
  ): Record<string, CedarValueJson> {
    const used = this.#checked.used.attributes.get(variable);
    return Object.fromEntries(Object.entries(args).filter(([name]) => used?.has(name) === true));
  }

  #of(principal: Principal): Known {
    const known = this.#known.get(principal) ?? this.#learn(principal);
    this.#known.set(principal, known);
    return known;
  }

  #learn(principal: Principal): Known {
    try {
      const found = policyPrincipal(principal, this.#checked.used, this.written);
      const signature = this.#relevance.signature('principal', found.entity);
      return { principal: found, signature: `${signature}\n${JSON.stringify(found.context)}` };
    } catch {
      this.log.warn('claims-not-understood-by-policies', { clientId: principal.clientId });
      return { principal: undefined, signature: 'nobody' };
    }
  }
}

const TYPES: Readonly<Record<PolicyAction, string>> = ACTIONS;

/** One reason is enough: the first that was written to be read. */
function explained(forbids: readonly NamedPolicy[]): Verdict {
  const told = forbids.find(({ reason }) => reason !== undefined) ?? forbids.find(({ hasOwnId }) => hasOwnId);
  return {
    kind: 'forbidden',
    why: told?.reason ?? 'a policy forbids it',
    ...(told?.hasOwnId === true ? { policy: told.id } : {}),
  };
}
