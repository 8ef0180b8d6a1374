import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProgramOptions {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Of Node; left out: those that make stacks readable. */
  readonly nodeFlags?: readonly string[];
  /** Resolves when the program can be used; asked every 50 ms. */
  readonly isReady: (output: string) => Promise<boolean> | boolean;
}

export const READABLE_STACKS: readonly string[] = ['--enable-source-maps'];
/** For a program that hangs; on a busy machine several that start at once take their time. */
const READY_WITHIN_MS = 180_000;
/** sysexits(3), EX_TEMPFAIL. */
const TRY_AGAIN = 75;
/** As an orchestrator's: then it is killed. */
const STOPPED_WITHIN_MS = 30_000;

/** One program of the repository in a process of its own, as users run it; all it prints is kept. */
export class Program {
  #process: ChildProcess | undefined;
  #output = '';
  #script: string;

  constructor(private readonly options: ProgramOptions) {
    this.#script = options.script;
  }

  /** Everything printed since the first start. */
  get output(): string {
    return this.#output;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** What runs from its next start on, such as another release of it. */
  become(script: string): void {
    this.#script = script;
  }

  /** @param tries when it says that the same start may work later, as an orchestrator does */
  async start(tries = 3): Promise<this> {
    const { name, args, environment, isReady, nodeFlags = READABLE_STACKS } = this.options;
    const { PATH = '', HOME = '/tmp' } = process.env;
    // Its standard input is a pipe from this process. If this process dies, the program notices and stops.
    const child = spawn(process.execPath, [...nodeFlags, this.#script, ...args], {
      env: { PATH, HOME, GATEHOUSE_STOP_WITH_PARENT: '1', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    const startedAt = this.#output.length;
    const giveUpAtMs = Date.now() + READY_WITHIN_MS;
    const isRunning = () => child.exitCode === null && child.signalCode === null;
    while (isRunning() && Date.now() < giveUpAtMs) {
      if (await isReady(this.#output.slice(startedAt))) return this;
      await delay(50);
    }
    if (child.exitCode === TRY_AGAIN && tries > 1) return await this.start(tries - 1);
    const how = isRunning()
      ? `within ${READY_WITHIN_MS / 1_000} s`
      : `but ended (${child.signalCode ?? `exit code ${String(child.exitCode)}`})`;
    await this.kill();
    throw new Error(`${name} did not become ready ${how}:\n${this.#output.slice(-4_000)}`);
  }

  /** As a crash or a lost machine: no warning, nothing finished. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As an orchestrator does it. @returns how it ended: its exit code, or the signal that killed it. */
  async stop(): Promise<number | string | null> {
    return await this.#end('SIGTERM');
  }

  /** As `stop`. Throws, with what it printed since, unless it ended of itself with 0. */
  async stopCleanly(): Promise<void> {
    const stoppedAt = this.#output.length;
    const end = await this.stop();
    if (end !== 0)
      throw new Error(
        `${this.options.name} did not stop cleanly (${String(end)}):\n${this.#output.slice(stoppedAt)}`,
      );
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string | null> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return null;
    const ended = (): number | string | null => child.exitCode ?? child.signalCode;
    if (ended() !== null) return ended();
    const gone = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => {
      child.kill('SIGKILL');
    }, STOPPED_WITHIN_MS);
    await gone;
    clearTimeout(late);
    return ended();
  }
}

/** Whether a GET of the URL answers 2xx. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
