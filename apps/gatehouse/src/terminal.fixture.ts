import { EventEmitter } from 'node:events';
import { until } from '@gatehouse/testing/until';
import { runCommandLine } from './command-line.js';
import type { Environment } from './configuration.js';
import type { Terminal, TextStream } from './terminal.js';

/** What was written to it. */
export class KeptText implements TextStream {
  text = '';

  constructor(readonly isTTY = false) {}

  write(text: string): void {
    this.text += text;
  }
}

/** A person's terminal. Its signals are events: `terminal.emit('SIGINT')` is Ctrl-C. */
export class KeptTerminal extends EventEmitter implements Terminal {
  readonly stdout = new KeptText();
  readonly stderr = new KeptText();

  constructor(readonly env: Environment = {}) {
    super();
  }

  /** Waits until either stream holds the text; a command that ends without it is shown. */
  async untilSaid(text: string, command: Promise<number>): Promise<void> {
    let code: number | undefined;
    void command.then(
      (ended) => (code = ended),
      () => (code = -1),
    );
    const all = (): string => `${this.stdout.text}\n${this.stderr.text}`;
    await until(() => all().includes(text) || code !== undefined, 240_000);
    if (!all().includes(text)) throw new Error(`ended with ${String(code)}: ${all()}`);
  }
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line, as it is typed, to its end. */
export async function gatehouse(args: readonly string[], env: Environment = {}): Promise<Ran> {
  const terminal = new KeptTerminal(env);
  const code = await runCommandLine(args, terminal);
  return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}
