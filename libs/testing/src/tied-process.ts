import { type ChildProcessByStdio, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** Starts the program and, when standard input ends, sends it the signal. A background job would not get that input. */
const TIE = `
signal=$1; shift
exec 3<&0
"$@" 3<&- </dev/null &
program=$!
{ cat <&3 >/dev/null; kill -s "$signal" "$program" 2>/dev/null; } &
wait "$program"
`;

export type TiedOptions = Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'>;

/** A server that ends with this process, even when this process is killed: nothing of a test run stays behind. */
export class TiedProcess {
  readonly #shell: ChildProcessByStdio<Writable, null, Readable>;
  readonly #exit: Promise<unknown>;

  /** @param signal what asks the program to end. */
  constructor(
    signal: 'INT' | 'TERM' | 'KILL',
    command: readonly [program: string, ...args: string[]],
    options: TiedOptions = {},
  ) {
    this.#shell = spawn('sh', ['-c', TIE, 'tie', signal, ...command], {
      ...options,
      // Their own process group: a Ctrl-C ends this process first, and the tied ones after it.
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#shell.stdin.on('error', () => undefined);
    this.#exit = once(this.#shell, 'exit').catch(() => undefined);
  }

  get stderr(): Readable {
    return this.#shell.stderr;
  }

  /** Settles when the program has ended, or could not be started. */
  get ended(): Promise<unknown> {
    return this.#exit;
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    this.#shell.stdin.end();
    await this.#exit;
    this.#clear();
  }

  /** As a crash does it. */
  async kill(): Promise<void> {
    this.#clear();
    await this.#exit;
  }

  #clear(): void {
    const { pid } = this.#shell;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The whole group has ended.
    }
  }
}
