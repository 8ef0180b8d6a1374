import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { BridgedBackend } from '@gatehouse/config/bridge-part';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Secret } from '@gatehouse/kernel/secret';
import type { Log } from '@gatehouse/observability/log';
import { killDescendants, programIdOf } from './descendants.js';
import { LineReader } from './line-reader.js';
import { programEnvironment } from './program-environment.js';
import { ProgramLog } from './program-log.js';

/** A message of a program, which is one line. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
/** What a program has not read yet of what it was sent. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;
/** From the end of its input to SIGTERM, and from that to SIGKILL (MCP 2025-11-25, lifecycle, shutdown). */
const INPUT_GRACE_MS = 2 * SECOND_MS;
const TERM_GRACE_MS = 3 * SECOND_MS;
/** Between the end of its output and its exit, in whichever order. */
const EXIT_GRACE_MS = SECOND_MS / 2;

const NEWLINE = Buffer.from('\n');

export interface ProgramListener {
  line(line: Buffer): void;
  /** It ended, or could not be started, or is of no use any more. Told once; nothing is told after it. */
  ended(how: string): void;
}

export interface ProgramStart {
  readonly backend: BridgedBackend;
  /** Where it works. */
  readonly folder: string;
  /** Of the bridge itself. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly token: Secret | undefined;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** One program that speaks MCP on its standard input and output, with everything that it starts. */
export class Program {
  readonly #id = programIdOf(process.pid);
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #gone = Promise.withResolvers<undefined>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #log: ProgramLog;
  #isOver = false;
  #isEnding = false;

  constructor(
    private readonly start: ProgramStart,
    private readonly listener: ProgramListener,
  ) {
    const { backend, folder, environment, token, log } = start;
    const [command = '', ...args] = backend.command;
    // In a group of its own, so that it is ended together with its children. No shell reads its arguments.
    this.#child = spawn(command, args, {
      cwd: folder,
      env: programEnvironment(backend, environment, this.#id, token),
      detached: true,
      shell: false,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // Without descriptors left (EMFILE, ENFILE) there are no streams, whatever the types say, and the error comes later.
    if ((this.#child.stdout as Readable | undefined) === undefined) {
      this.#child.on('error', () => undefined);
      throw new Error('the system has no descriptors left');
    }
    const secrets = [...backend.secretEnv.values(), ...(token === undefined ? [] : [token])];
    this.#log = new ProgramLog(log, backend.name, secrets);
    this.#listen();
    if (this.#child.pid !== undefined)
      log.info('program-started', { backend: backend.name, pid: this.#child.pid });
  }

  /** Resolves when it and everything that it started has ended. */
  get gone(): Promise<undefined> {
    return this.#gone.promise;
  }

  get isRunning(): boolean {
    return !this.#isOver && !this.#isEnding;
  }

  /** Whether it reads what it is sent. */
  get isTakingInput(): boolean {
    return this.isRunning && this.#child.stdin.writableLength < MAX_UNREAD_BYTES;
  }

  /** @param line without its end */
  send(line: Buffer): void {
    if (this.isRunning) this.#child.stdin.write(Buffer.concat([line, NEWLINE]));
  }

  /** Nothing more is read of it until {@link resume}. */
  pause(): void {
    this.#child.stdout.pause();
  }

  resume(): void {
    this.#child.stdout.resume();
  }

  /** Asks it to end by ending its input, then by SIGTERM, then does it. Resolves when nothing of it is left. */
  async end(): Promise<void> {
    if (!this.#isEnding && !this.#isOver) {
      this.#isEnding = true;
      this.#child.stdin.end();
      // What it still says must not keep it from ending.
      this.#child.stdout.resume();
      this.#timers.push(
        setTimeout(() => this.#signal('SIGTERM'), INPUT_GRACE_MS),
        setTimeout(() => this.#signal('SIGKILL'), INPUT_GRACE_MS + TERM_GRACE_MS),
      );
    }
    await this.#gone.promise;
  }

  #listen(): void {
    this.#child.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.name;
      if (this.#child.pid === undefined) this.#over(`could not be started (${code})`);
    });
    const { stdin, stdout, stderr } = this.#child;
    const reader = new LineReader(MAX_LINE_BYTES, {
      line: (line, isCut) => {
        if (!isCut && this.isRunning) this.listener.line(line);
      },
      tooLong: () => this.#isOfNoUse(`sent a message of more than ${MAX_LINE_BYTES} bytes`),
    });
    stdout.on('data', (chunk: Buffer) => reader.push(chunk));
    stderr.on('data', (chunk: Buffer) => this.#log.push(chunk));
    // A program that ends has no input any more; its end is told below.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
    stdout.once('end', () => this.#closed('output'));
    // It shows with the next message that it does not read any more.
    stdin.once('close', () => this.#closed('input'));
    this.#child.once('exit', (code, signal) => {
      const how = signal === null ? `ended with exit code ${code ?? 0}` : `ended by ${signal}`;
      this.#killRest();
      // What it said last is still to be read, unless what escaped holds the pipe.
      stdout.resume();
      this.#timers.push(setTimeout(() => this.#over(how), EXIT_GRACE_MS));
      this.#child.once('close', () => this.#over(how));
    });
  }

  /** An exit tells more, and follows soon where this comes from one. */
  #closed(stream: 'input' | 'output'): void {
    // A process that stood still hears of the exit first.
    const look = (): unknown => setImmediate(() => this.#isOfNoUse(`closed its standard ${stream}`));
    this.#timers.push(setTimeout(look, EXIT_GRACE_MS));
  }

  /** It runs, and nobody can speak to it. */
  #isOfNoUse(why: string): void {
    if (!this.isRunning || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    void this.end();
    this.listener.ended(why);
  }

  #over(how: string): void {
    if (this.#isOver) return;
    const wasEnding = this.#isEnding;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#killRest();
    for (const stream of this.#child.stdio) stream?.destroy();
    this.#log.end();
    this.start.log.info('program-ended', { backend: this.start.backend.name, how });
    this.#gone.resolve(undefined);
    if (!wasEnding) this.listener.ended(how);
  }

  /** Its children have no business without it. */
  #killRest(): void {
    this.#signal('SIGKILL');
    killDescendants(this.#id);
  }

  /** To its whole group. */
  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nothing of the group is left.
    }
  }
}
