import { decisionFor, type Decision } from './decision.js';
import { DECISIONS } from './decisions.js';
import { allFields, type Pattern, type PublishedField } from './field-tree.js';
import { KIND_FIELDS, type Kind } from './kinds.js';

/** A field of a kind, with what becomes of it. */
export interface TableRow {
  readonly kind: Kind;
  readonly pattern: Pattern;
  readonly field: PublishedField;
  readonly decision: Decision;
}

/** Every published field of every kind that is read. */
export const fieldTable = (): readonly TableRow[] =>
  (Object.keys(KIND_FIELDS) as Kind[]).flatMap((kind) =>
    [...allFields(KIND_FIELDS[kind])].map(([pattern, field]) => ({
      kind,
      pattern,
      field,
      decision: decisionFor(DECISIONS[kind], pattern),
    })),
  );

type Counts = Readonly<Record<Decision['is'], number>>;

export const countsOf = (rows: readonly TableRow[]): Counts => {
  const count = (is: Decision['is']): number => rows.filter(({ decision }) => decision.is === is).length;
  return { honoured: count('honoured'), refused: count('refused'), noEffect: count('noEffect') };
};
