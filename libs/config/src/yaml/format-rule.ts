/** Why a text is not what its field needs, and what to write instead where that is known. */
export interface FormatProblem {
  readonly message: string;
  readonly instead?: string;
}

export interface FormatRule {
  /** For the documentation. */
  readonly describes: string;
  readonly check: (value: string) => FormatProblem | undefined;
}

/** A text that fits a pattern. */
export const pattern = (describes: string, regex: RegExp, message: string): FormatRule => ({
  describes,
  check: (value) => (regex.test(value) ? undefined : { message }),
});
