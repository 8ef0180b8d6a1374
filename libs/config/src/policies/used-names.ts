import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';

/** Types that claims and arguments have in policies. */
export type ValueType = 'String' | 'Long' | 'Boolean' | 'Set';

/** What the conditions of policies look at. */
export interface UsedNames {
  /** Attributes by the variable that has them, such as `principal`; `*`: the variable is used as a whole. */
  readonly attributes: ReadonlyMap<string, ReadonlySet<string>>;
  /** By name, `claim_…` or `arg_…`: the types that its uses demand. */
  readonly types: ReadonlyMap<string, ReadonlySet<ValueType>>;
}

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an operator demands of both its sides; `same`: what the other side is. */
const OPERANDS: Readonly<Record<string, readonly [Demand, Demand]>> = {
  '==': ['same', 'same'],
  '!=': ['same', 'same'],
  '<': ['Long', 'Long'],
  '<=': ['Long', 'Long'],
  '>': ['Long', 'Long'],
  '>=': ['Long', 'Long'],
  '+': ['Long', 'Long'],
  '-': ['Long', 'Long'],
  '*': ['Long', 'Long'],
  '&&': ['Boolean', 'Boolean'],
  '||': ['Boolean', 'Boolean'],
  contains: ['Set', 'String'],
  containsAll: ['Set', 'Set'],
  containsAny: ['Set', 'Set'],
};
type Demand = ValueType | 'same' | undefined;

/** Walks through the conditions of policies. */
export class NamesInUse implements UsedNames {
  readonly attributes = new Map<string, Set<string>>();
  readonly types = new Map<string, Set<ValueType>>();

  constructor(policies: readonly Pick<PolicyJson, 'conditions'>[]) {
    for (const { conditions } of policies) for (const { body } of conditions) this.#walk(body, 'Boolean');
  }

  #walk(node: unknown, demand: Demand): void {
    if (Array.isArray(node)) for (const one of node) this.#walk(one, undefined);
    if (!isJson(node)) return;
    for (const [operator, inside] of Object.entries(node)) this.#operator(operator, inside, demand);
  }

  #operator(operator: string, inside: unknown, demand: Demand): void {
    if (operator === 'Var') {
      this.#note(String(inside), '*');
      return;
    }
    // Entities and texts that are written down look at nothing.
    if (operator === 'Value' || !isJson(inside)) {
      if (Array.isArray(inside)) this.#walk(inside, undefined);
      return;
    }
    if (operator === '.' || operator === 'has') {
      this.#attribute(inside, operator === '.' ? (demand ?? 'String') : undefined);
      return;
    }
    const operands = OPERANDS[operator];
    if (operands !== undefined) {
      const { left, right } = inside;
      const [ofLeft, ofRight] = operands;
      this.#walk(left, ofLeft === 'same' ? typeOf(right) : ofLeft);
      this.#walk(right, ofRight === 'same' ? typeOf(left) : ofRight);
      return;
    }
    const own: Demand =
      operator === '!'
        ? 'Boolean'
        : operator === 'neg'
          ? 'Long'
          : operator === 'isEmpty'
            ? 'Set'
            : operator === 'like'
              ? 'String'
              : undefined;
    for (const [name, one] of Object.entries(inside))
      this.#walk(one, name === 'if' ? 'Boolean' : (own ?? demand));
  }

  #attribute({ left, attr }: Json, type: Demand): void {
    const name = Array.isArray(attr) ? String(attr[0]) : String(attr);
    const variable = isJson(left) && typeof left['Var'] === 'string' ? left['Var'] : undefined;
    if (variable === undefined) {
      this.#walk(left, undefined);
      return;
    }
    this.#note(variable, name);
    if (type === undefined || type === 'same' || !IS_GIVEN.test(name)) return;
    this.types.set(name, (this.types.get(name) ?? new Set()).add(type));
  }

  #note(variable: string, attribute: string): void {
    this.attributes.set(variable, (this.attributes.get(variable) ?? new Set()).add(attribute));
  }
}

/** Claims and arguments: what others name, and nobody declares. */
const IS_GIVEN = /^(claim|arg)_/;

/** Of what is written down. */
function typeOf(node: unknown): ValueType | undefined {
  if (!isJson(node)) return undefined;
  if ('Set' in node) return 'Set';
  switch (typeof node['Value']) {
    case 'string':
      return 'String';
    case 'number':
      return 'Long';
    case 'boolean':
      return 'Boolean';
    default:
      return Array.isArray(node['Value']) ? 'Set' : undefined;
  }
}
