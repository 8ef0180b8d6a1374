import { aligned } from './aligned.js';
import type { Environment } from './configuration.js';
import { inertJson, inertText } from './inert-text.js';
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

  /** Nothing of it steers the terminal, whoever wrote it. */
  line(text = ''): void {
    this.stream.write(`${inertText(text)}\n`);
  }

  heading(text: string): void {
    this.#styled(text, '\u001b[1m', '\u001b[22m');
  }

  /** The headings are bold for people, and what needs somebody is yellow. */
  table(headings: readonly string[], rows: readonly TableRow[]): void {
    const [heading = '', ...lines] = aligned([
      headings,
      ...rows.map(({ cells }) => cells.map((cell) => inertText(cell).replaceAll('\n', ' '))),
    ]);
    this.heading(heading);
    for (const [index, line] of lines.entries())
      if (rows[index]?.needsAction === true) this.#styled(line, '\u001b[33m', '\u001b[39m');
      else this.line(line);
  }

  /** The same for programs. */
  json(document: unknown): void {
    this.stream.write(`${inertJson(document)}\n`);
  }

  /** Does a step and prints one line when it is done, with how long it took. */
  async step<Value>(name: string, detail: string, work: () => Promise<Value>): Promise<Value> {
    const beganMs = Date.now();
    const value = await work();
    this.line(`  ${name.padEnd(22)}${seconds(Date.now() - beganMs).padStart(7)}   ${detail}`.trimEnd());
    return value;
  }

  #styled(text: string, on: string, off: string): void {
    if (this.#isStyled) this.stream.write(`${on}${inertText(text)}${off}\n`);
    else this.line(text);
  }
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
