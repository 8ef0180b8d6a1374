import { nearestName } from '../findings/nearest-name.js';
import type { Problem } from '../findings/problems.js';
import { decisionFor, type Decisions } from '../manifest-fields/decision.js';
import { DECISIONS } from '../manifest-fields/decisions.js';
import { itemMark, type Pattern, type PublishedField } from '../manifest-fields/field-tree.js';
import { isKind, KIND_FIELDS } from '../manifest-fields/kinds.js';
import { isFields, Written } from './manifest-object.js';

export interface FieldProblems {
  readonly problems: readonly Problem[];
  /** Fields without effect here; one warning for all of an object that have one reason. */
  readonly warnings: readonly Problem[];
  /** Places of fields that misspelled ones were probably meant to be. */
  readonly meant: readonly Problem[];
}

/** What the published schema and the decisions say about the fields of an object. */
export function fieldProblems(object: Written): FieldProblems {
  const { kind } = object.object;
  if (!isKind(kind)) return { problems: [], warnings: [], meant: [] };
  const walk = new Walk(DECISIONS[kind]);
  const spec = object.at('spec');
  if (spec.isThere || [...KIND_FIELDS[kind].fields.values()].some(({ required }) => required))
    walk.block(KIND_FIELDS[kind], spec, '');
  return { problems: walk.problems, warnings: walk.warnings(), meant: walk.meant };
}

class Walk {
  readonly problems: Problem[] = [];
  readonly meant: Problem[] = [];
  private readonly idle = new Map<string, Written[]>();

  constructor(private readonly decisions: Decisions) {}

  block({ fields }: PublishedField, place: Written, pattern: Pattern): void {
    if (!isFields(place.value)) {
      const [field] = place.path.slice(-1);
      const isName = place.text !== undefined && REFERENCES.includes(String(field));
      const instead = isName ? `${String(field)}: { name: ${place.text} }` : undefined;
      this.problems.push(place.problem(`Expected fields, found ${kindOf(place.value)}.`, instead));
      return;
    }
    const meant = new Set<string>();
    for (const [name, written] of place.entries) {
      const field = fields.get(name);
      const inner = pattern === '' ? name : `${pattern}.${name}`;
      if (field === undefined) {
        const usual = USUAL[name] ?? '';
        const nearest = fields.has(usual) ? usual : nearestName(name, fields.keys());
        if (nearest !== undefined) {
          meant.add(nearest);
          this.meant.push(place.at(nearest).problem(''));
        }
        this.problems.push(unknownField(written, nearest, [...fields.keys()]));
      } else if (written.isThere) this.field(field, written, inner);
    }
    this.problems.push(...blocksOfOtherTypes(fields, place));
    for (const [name, { required }] of fields)
      if (required && !meant.has(name) && !place.at(name).isThere)
        this.problems.push(place.at(name).problem('This field is required.'));
  }

  /** What is refused, or has no effect, is not looked into. */
  private field(field: PublishedField, written: Written, pattern: Pattern): void {
    const decision = decisionFor(this.decisions, pattern);
    if (decision.is === 'noEffect') {
      if (field.fields.size === 0) this.shape(field, written, pattern);
      const same = this.idle.get(decision.because) ?? [];
      this.idle.set(decision.because, [...same, written]);
      return;
    }
    if (decision.is === 'refused') {
      if (decision.allows?.includes(written.value) === true) return;
      this.problems.push(written.problem(`Refused: ${decision.because}`, decision.instead));
      return;
    }
    this.shape(field, written, pattern);
  }

  private shape(field: PublishedField, written: Written, pattern: Pattern): void {
    switch (field.type) {
      case 'block':
        this.block(field, written, pattern);
        return;
      case 'blocks':
        if (!Array.isArray(written.value)) this.wrong(written, 'a list');
        for (const item of written.items) this.block(field, item, pattern + itemMark(field));
        return;
      case 'blockMap':
        if (!isFields(written.value)) this.wrong(written, 'fields');
        for (const [, item] of written.entries) this.block(field, item, pattern + itemMark(field));
        return;
      case 'texts':
        if (!Array.isArray(written.value)) this.wrong(written, 'a list', asList(written));
        for (const item of written.items) this.text(item);
        return;
      case 'textMap':
        if (!isFields(written.value)) this.wrong(written, 'fields');
        for (const [, item] of written.entries) this.text(item);
        return;
      case 'text':
        this.text(written, field.choices);
        return;
      case 'flag':
        if (typeof written.value !== 'boolean') this.wrong(written, 'true or false');
        return;
      case 'number':
        if (typeof written.value !== 'number') this.wrong(written, 'a number');
        return;
      case 'anything':
    }
  }

  private text(written: Written, choices?: readonly string[]): void {
    if (typeof written.value !== 'string')
      this.wrong(written, 'a text', typeof written.value === 'number' ? `'${written.value}'` : undefined);
    else if (choices?.includes(written.value) === false) {
      const nearest = nearestName(written.value, choices);
      this.problems.push(written.problem(`Expected one of: ${choices.join(', ')}.`, nearest));
    }
  }

  private wrong(written: Written, expected: string, instead?: string): void {
    this.problems.push(written.problem(`Expected ${expected}, found ${kindOf(written.value)}.`, instead));
  }

  warnings(): readonly Problem[] {
    return [...this.idle].map(([because, places]) => {
      const [first] = places;
      const names = [
        ...new Set(
          places.map(({ path }) =>
            path
              .slice(1)
              .filter((step) => typeof step === 'string')
              .join('.'),
          ),
        ),
      ];
      const message = `${names.length === 1 ? 'No effect here' : `No effect here (${names.join(', ')})`}: ${because}`;
      return first?.problem(message) ?? { document: '', path: '', message };
    });
  }
}

/** What other systems, and the native form, call a field that has another name here. */
const USUAL: Readonly<Record<string, string | undefined>> = {
  headerValue: 'valueSecretRef',
  token: 'tokenSecretRef',
  headerValueEnv: 'valueSecretRef',
  clientSecretEnv: 'clientSecretRef',
  url: 'remoteUrl',
  authServer: 'authServerConfig',
};

function unknownField(written: Written, nearest: string | undefined, known: readonly string[]): Problem {
  return nearest === undefined
    ? written.problem(`Unknown field. Known here: ${known.join(', ')}.`)
    : written.problem(`Unknown field. Did you mean ${nearest}?`, `${nearest}:`);
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'fields';
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : 'true or false';
}

/** What older versions wrote as a name alone. Never those of Secrets: what stands in their place may be the secret itself. */
const REFERENCES = ['groupRef', 'oidcConfigRef', 'externalAuthConfigRef', 'authzConfigRef', 'toolConfigRef'];

/** Several words in one text, each of which was meant as an item. */
const asList = ({ path, text }: Written): string | undefined =>
  text === undefined || path.at(-1) !== 'scopes' ? undefined : `[${text.split(/[\s,]+/).join(', ')}]`;

/** Types that need no fields of their own. */
const WITHOUT_FIELDS = ['unauthenticated', 'kubernetesServiceAccount'];

/** Of several blocks of which each is for one type, those of the others: nobody would look at what stands in them. */
function blocksOfOtherTypes(fields: ReadonlyMap<string, PublishedField>, place: Written): readonly Problem[] {
  const { text: type = '' } = place.at('type');
  const types = fields.get('type')?.choices ?? [];
  // Where its own block is missing, that is said.
  if (!types.includes(type) || !(place.at(type).isThere || WITHOUT_FIELDS.includes(type))) return [];
  return types
    .filter((other) => other !== type && fields.get(other)?.type === 'block' && place.at(other).isThere)
    .map((other) => place.at(other).problem(`These fields do not go with type: ${type}.`));
}
