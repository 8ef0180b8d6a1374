import { kindOf } from './cannot.js';
import { inertJson } from './inert-text.js';
import type { Terminal, TextStream } from './terminal.js';

/**
 * What a program reads that asked for JSON: one document, also of a command that failed. The sentence for people is on standard error all
 * the same.
 */
export class JsonReport {
  readonly stdout: TextStream;
  #hasPrinted = false;

  constructor(
    private readonly args: readonly string[],
    private readonly stream: TextStream,
  ) {
    this.stdout = {
      isTTY: stream.isTTY,
      write: (text) => {
        this.#hasPrinted = true;
        return stream.write(text);
      },
    };
  }

  /** @param sentence as it was said to people */
  failed(sentence: string, exitCode: number): void {
    const words = this.args.slice(0, this.args.includes('--') ? this.args.indexOf('--') : undefined);
    // A second document would make neither readable.
    if (!words.includes('--json') || this.#hasPrinted) return;
    const message = sentence.trim();
    this.stream.write(`${inertJson({ error: { kind: kindOf(exitCode), exitCode, message } })}\n`);
  }
}

/** The terminal of a command, with another standard output. */
export function withOutput(terminal: Terminal, stdout: TextStream): Terminal {
  const own: Terminal = {
    on: (event, listener) => terminal.on(event, listener),
    stdout,
    stderr: terminal.stderr,
    env: terminal.env,
    exit: (code) => terminal.exit?.(code),
  };
  // Node opens standard input when it is looked at, and few commands read it.
  return Object.defineProperties(own, {
    stdin: { get: () => terminal.stdin },
    channel: { get: () => terminal.channel },
  });
}
