import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@gatehouse/testing/until';

const COLUMNS = 200;
const ROWS = 50;
/** Of an ordinary shell: it says how the command before it ended. */
const PROMPT = '[$?] $ ';
const AT_PROMPT = /(?:^|\n)\[(\d+)\] \$ $/;
/** What moves the cursor and colours text (ECMA-48), and titles of windows. */
const ESCAPES = /\u001b\][^\u0007]*\u0007|\u001b\[[0-?]*[ -/]*[@-~]|\u001b[()][0-2AB]|\u001b[=>]|\r/g;
const STEP_MS = 240_000;

/** Who has the other end of the terminal: tmux where it is there, else script(1), which every Debian has. */
export type TerminalKind = 'tmux' | 'script';

const has = (program: string, flag: string): boolean =>
  spawnSync(program, [flag], { stdio: 'ignore' }).status === 0;

export const TERMINAL_KIND: TerminalKind = has('tmux', '-V') ? 'tmux' : 'script';

interface Held {
  /** What has been shown since it was asked last. */
  read(): string;
  type(keys: string): void;
  close(): void;
}

export interface Shown {
  readonly text: string;
  readonly code: number;
}

/** A terminal with a shell in it, in which a test types as a person does. All that is shown is kept, with when. */
export class RecordedTerminal {
  readonly #held: Held;
  readonly #beganMs = Date.now();
  readonly #events: (readonly [seconds: number, kind: 'o', text: string])[] = [];
  #raw = '';

  private constructor(held: Held) {
    this.#held = held;
  }

  static async open(
    folder: string,
    environment: Readonly<Record<string, string>>,
    kind = TERMINAL_KIND,
  ): Promise<RecordedTerminal> {
    const env = {
      ...environment,
      PS1: PROMPT,
      HISTFILE: '/dev/null',
      INPUTRC: '/dev/null',
      TERM: 'xterm',
      LANG: 'C.UTF-8',
    };
    const terminal = new RecordedTerminal(kind === 'tmux' ? inTmux(folder, env) : inScript(folder, env));
    // What is typed before the shell is up may make it show its prompt twice: the first one may not be the last.
    terminal.#held.type('echo ready-$((20+3))');
    await terminal.#until(() => /\nready-23\n\[0\] \$ $/.test(terminal.text));
    return terminal;
  }

  /** Everything shown so far, as a person reads it. */
  get text(): string {
    this.#look();
    return this.#raw.replaceAll(ESCAPES, '');
  }

  /** Types a command and waits until the shell can take the next one. */
  async run(command: string): Promise<Shown> {
    const from = this.text.length;
    this.type(command);
    return await this.ended(from);
  }

  type(line: string): void {
    this.#held.type(line);
  }

  /** Waits until the last line matches. @returns what was shown from there on */
  async shows(pattern: RegExp, from: number): Promise<string> {
    await this.#until(() => pattern.test(this.text.slice(from)));
    return this.text.slice(from);
  }

  /** Waits for the prompt that comes after a command. */
  async ended(from: number): Promise<Shown> {
    await this.#until(() => AT_PROMPT.test(this.text.slice(from)));
    const text = this.text.slice(from);
    return { text, code: Number(AT_PROMPT.exec(text)?.[1]) };
  }

  /** Writes what was shown as an asciicast, version 2, and as text. */
  record(file: string): void {
    const header = { version: 2, width: COLUMNS, height: ROWS, timestamp: Math.floor(this.#beganMs / 1000) };
    writeFileSync(
      `${file}.cast`,
      [header, ...this.#events].map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
    writeFileSync(`${file}.txt`, this.text);
  }

  close(): void {
    this.#look();
    this.#held.close();
  }

  #look(): void {
    const text = this.#held.read();
    if (text === '') return;
    this.#raw += text;
    this.#events.push([(Date.now() - this.#beganMs) / 1000, 'o', text]);
  }

  async #until(happened: () => boolean): Promise<void> {
    await until(happened, STEP_MS).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.text.slice(-4_000)}`);
    });
  }
}

type Environment = Readonly<Record<string, string>>;
const SHELL = ['bash', '--norc', '--noprofile', '-i'];

function inTmux(folder: string, env: Environment): Held {
  // A server of its own, which has nobody's settings.
  const own = mkdtempSync(join(tmpdir(), 'gatehouse-tmux-'));
  const record = join(own, 'record');
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-S', join(own, 'socket'), '-f', '/dev/null', ...args], { env, encoding: 'utf8' });
  writeFileSync(record, '');
  const size = ['-x', String(COLUMNS), '-y', String(ROWS)];
  tmux('new-session', '-d', '-s', 'one', ...size, '-c', folder, ...SHELL);
  tmux('pipe-pane', '-t', 'one', `cat >> '${record}'`);
  const file = openSync(record, 'r');
  const decoder = new TextDecoder();
  return {
    read: () => {
      const buffer = Buffer.alloc(256 * 1024);
      return decoder.decode(buffer.subarray(0, readSync(file, buffer)), { stream: true });
    },
    type: (keys) => {
      if (keys === CTRL_C) tmux('send-keys', '-t', 'one', 'C-c');
      else {
        if (keys !== '') tmux('send-keys', '-t', 'one', '-l', '--', keys);
        tmux('send-keys', '-t', 'one', 'Enter');
      }
    },
    close: () => {
      tmux('kill-server');
      closeSync(file);
      rmSync(own, { recursive: true, force: true });
    },
  };
}

/** What a person types to stop a program. */
export const CTRL_C = '\u0003';

function inScript(folder: string, env: Environment): Held {
  const command = `stty cols ${COLUMNS} rows ${ROWS}; exec ${SHELL.join(' ')}`;
  const args =
    process.platform === 'darwin'
      ? ['-q', '/dev/null', 'sh', '-c', command]
      : ['-q', '-e', '-f', '-c', command, '/dev/null'];
  const child: ChildProcess = spawn('script', args, { cwd: folder, env, stdio: ['pipe', 'pipe', 'ignore'] });
  const decoder = new TextDecoder();
  let waiting = '';
  child.stdout?.on('data', (chunk: Buffer) => (waiting += decoder.decode(chunk, { stream: true })));
  return {
    read: () => {
      const text = waiting;
      waiting = '';
      return text;
    },
    type: (keys) => child.stdin?.write(keys === CTRL_C ? keys : `${keys}\r`),
    close: () => child.kill('SIGKILL'),
  };
}
