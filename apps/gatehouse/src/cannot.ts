/** How a command ends, as sysexits(3) has it and as the services end: a script need not read the words. */
export const EXIT_CODES = {
  /** It was tried and went wrong. */
  failed: 1,
  /** What was typed. */
  usage: 64,
  /** A file or folder that is not there or cannot be read. */
  noInput: 66,
  /** A file or folder that cannot be written. */
  noOutput: 73,
  /** What is printed cannot be written. */
  notPrinted: 74,
  /** Something else has to answer, or let go, and does not: the same command may work later. */
  tryAgain: 75,
  /** The configuration, or a secret that it refers to. */
  configuration: 78,
} as const;

/** Which of them a number is. */
export const kindOf = (exitCode: number): keyof typeof EXIT_CODES =>
  KINDS.find((kind) => EXIT_CODES[kind] === exitCode) ?? 'failed';

const KINDS = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];

/** An error that the person at the keyboard can correct. Only its text is shown, without a stack. */
export class Cannot extends Error {
  override readonly name = 'Cannot';
  readonly exitCode: number;

  constructor(message: string, kind: keyof typeof EXIT_CODES = 'failed') {
    super(message);
    this.exitCode = EXIT_CODES[kind];
  }
}
