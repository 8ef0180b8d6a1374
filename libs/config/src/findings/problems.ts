import type { Path } from './path.js';

/** Something wrong with the configuration, for people. */
export interface Problem {
  /** File (or manifest) in which it stands. */
  readonly document: string;
  /** Such as `backends[0].url`; empty for the document as a whole. */
  readonly path: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based; where there is a line. */
  readonly column?: number;
  readonly message: string;
  /** What to write in its place. */
  readonly instead?: string;
  /** What the rule across fields demands, or what it warns of; absent where a field itself is wrong. */
  readonly rule?: string;
}

/** A problem as checks and rules report it: with its path in the model, not yet with its line. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  readonly instead?: string;
  /** Other places that the finding depends on. If one of them is wrong itself, the finding is left out. */
  readonly related?: readonly Path[];
  readonly rule?: string;
}

/** `backends[0].url`; a name that is not an identifier is quoted. */
export const renderPath = (path: Path): string =>
  path.reduce<string>((rendered, step) => {
    if (typeof step === 'number') return `${rendered}[${step}]`;
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) return `${rendered}[${JSON.stringify(step)}]`;
    return rendered === '' ? step : `${rendered}.${step}`;
  }, '');

const isPrefix = (prefix: Path, path: Path): boolean =>
  prefix.length <= path.length && prefix.every((step, index) => step === path[index]);

/** Whether one of two places holds the other. */
export const overlap = (left: Path, right: Path): boolean => isPrefix(left, right) || isPrefix(right, left);

/** Findings that depend on no place that is already reported: a consequence of an error is not a second error. */
export const notConsequences = (findings: readonly Finding[], wrong: readonly Path[]): readonly Finding[] =>
  findings.filter(({ path, related = [] }) =>
    [path, ...related].every((place) => !wrong.some((start) => isPrefix(start, place))),
  );
