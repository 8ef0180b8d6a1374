import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEEPER_PROGRAM } from '../paths.js';
import { renderOrder, type KeeperOrder, type StopPhase } from './keeper-orders.js';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stopPhase: StopPhase;
  /** On SIGHUP it takes up its configuration. */
  readonly rereads?: boolean;
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number };
}

export interface RunningProcess {
  readonly spec: ProcessSpec;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process ends, with the words for it (`exit code 1`, `signal SIGKILL`). */
  readonly ended: Promise<string>;
  isRunning(): boolean;
}

/**
 * Starts processes in groups of their own, each with its log file, and has them stopped in order by the keeper: on
 * {@link Processes.stop}, and in the same way when this process dies.
 */
export class Processes {
  readonly #logs: string;
  readonly #keeper: ChildProcess;
  readonly #keeperExit: Promise<unknown>;
  #isStopping = false;
  readonly #rereading = new Set<RunningProcess>();

  constructor(logFolder: string) {
    this.#logs = logFolder;
    // `detached`: its own session, so that Ctrl-C reaches this process alone and the order of stopping holds.
    this.#keeper = spawn(process.execPath, [KEEPER_PROGRAM], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
    });
    this.#keeper.stdin?.on('error', () => undefined);
    this.#keeperExit = once(this.#keeper, 'exit');
  }

  /** Whether {@link Processes.stop} was called. */
  isStopping(): boolean {
    return this.#isStopping;
  }

  start(spec: ProcessSpec): RunningProcess {
    // The keeper takes no more orders: nobody would stop what is started now.
    if (this.#isStopping) throw new Error(`${spec.name} was not started: everything is being stopped`);
    const logFile = join(this.#logs, `${spec.name}.log`);
    const log = openSync(logFile, 'a', 0o600);
    const child = spawn(spec.command, spec.args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: spec.environment,
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...spec.user,
    });
    closeSync(log);
    const { pid } = child;
    if (pid !== undefined) this.#keep(pid, spec);
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => {
        if (pid !== undefined) this.#order({ kind: 'forget', pid });
        resolve(signal === null ? `exit code ${code ?? 0}` : `signal ${signal}`);
      });
    });
    const isRunning = (): boolean =>
      pid !== undefined && child.exitCode === null && child.signalCode === null;
    const running = { spec, pid: pid ?? 0, logFile, ended, isRunning };
    if (spec.rereads === true) {
      this.#rereading.add(running);
      void ended.then(() => this.#rereading.delete(running));
    }
    return running;
  }

  /** What takes up its configuration on SIGHUP, and runs now. */
  get rereading(): readonly RunningProcess[] {
    return [...this.#rereading];
  }

  #keep(pid: number, spec: ProcessSpec): void {
    const signal = spec.stopSignal ?? 'SIGTERM';
    this.#order({ kind: 'keep', pid, signal, phase: spec.stopPhase });
  }

  #order(order: KeeperOrder): void {
    this.#keeper.stdin?.write(renderOrder(order));
  }

  /** Stops everything, services first, data stores last. Resolves when all processes have ended. */
  async stop(): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#order({ kind: 'stop' });
    }
    await this.#keeperExit;
  }

  /** While {@link Processes.stop} runs: no more waiting, kill what is left. */
  hurry(): void {
    // Not a signal: one that comes before the keeper listens would end it, and nobody would stop anything.
    this.#order({ kind: 'hurry' });
  }
}

/** The last lines of a process's log, for the person who has to find out why it failed. */
export function lastLines(logFile: string, count = 15): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}
