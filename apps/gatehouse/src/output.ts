/** Prints a command's progress: short lines for people, without animation, the same in a terminal and in a log. */
export class Output {
  readonly #stream: NodeJS.WritableStream;
  readonly #bold: (text: string) => string;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    const styled = stream.isTTY && process.env['NO_COLOR'] === undefined;
    this.#bold = (text) => (styled ? `\u001b[1m${text}\u001b[22m` : text);
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line(this.#bold(text));
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
