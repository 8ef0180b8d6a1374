import { aligned } from './aligned.js';
import type { Environment } from './configuration.js';
import type { TextStream } from './terminal.js';

/** One line of a table. */
export interface TableRow {
  readonly cells: readonly string[];
  /** Whether somebody has to do something about it. */
  readonly needsAction?: boolean;
}

/** Prints a command's progress: short lines for people, without animation, the same in a terminal and in a log. */
export class Output {
  readonly #isStyled: boolean;

  constructor(
    private readonly stream: TextStream,
    environment: Environment = {},
  ) {
    this.#isStyled = stream.isTTY === true && environment['NO_COLOR'] === undefined;
  }

  line(text = ''): void {
    this.stream.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line(this.#isStyled ? `\u001b[1m${text}\u001b[22m` : text);
  }

  /** The headings are bold for people, and what needs somebody is yellow. */
  table(headings: readonly string[], rows: readonly TableRow[]): void {
    const [heading = '', ...lines] = aligned([headings, ...rows.map(({ cells }) => cells)]);
    this.heading(heading);
    for (const [index, line] of lines.entries())
      this.line(this.#isStyled && rows[index]?.needsAction === true ? `\u001b[33m${line}\u001b[39m` : line);
  }

  /** Does a step and prints one line when it is done, with how long it took. */
  async step<Value>(name: string, detail: string, work: () => Promise<Value>): Promise<Value> {
    const beganMs = Date.now();
    const value = await work();
    this.line(`  ${name.padEnd(22)}${seconds(Date.now() - beganMs).padStart(7)}   ${detail}`.trimEnd());
    return value;
  }
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
