import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Pkcs11Key, Pkcs11Module } from '@gatehouse/config/model/held-keys';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Secret } from '@gatehouse/kernel/secret';
import type { KeyOfHolder } from './held-key.js';
import { keyOf } from './pkcs11-key.js';
import {
  PIN_REFUSED,
  type Pkcs11Answer,
  type Pkcs11Opening,
  type Pkcs11Question,
} from './pkcs11-messages.js';

/** The folder of this program, compiled, bundled, or run by a test. */
function ownFolder(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : ownFolder(dirname(from));
}
const PROGRAM = join(ownFolder(import.meta.dirname), 'dist/held-keys/pkcs11-program.js');

/** A dead session is found out by using it. A signature that is made twice is two good ones. */
const TRIES = 2;

/** Questions that wait for their turn: more of them would wait longer than clients do. */
const MAX_IN_LINE = 1_000;

type Question = Pkcs11Question extends infer One ? (One extends unknown ? Omit<One, 'id'> : never) : never;

interface Waiting {
  readonly question: Question;
  readonly done: (answer: Pkcs11Answer) => void;
  readonly failed: (why: string) => void;
}

/** The process that loads the library of PKCS #11. After every failure it is ended, and the next question starts another one. */
export class Pkcs11Process {
  #child: ChildProcess | undefined;
  /** The library works at one question at a time. The first here is the one that it has, if there is a time limit. */
  #line: Waiting[] = [];
  #limit: NodeJS.Timeout | undefined;
  #asked = 0;
  /** The library has refused the PIN: shown a few times more, it locks the token. */
  #isPinRefused = false;

  constructor(private readonly module: Pkcs11Module<Secret>) {}

  key(name: string, key: Pkcs11Key): KeyOfHolder {
    return {
      name,
      publicKey: async () => {
        const answer = await this.#ask({ ask: 'publicKey', key });
        if ('publicKey' in answer) return keyOf(answer.publicKey);
        throw away('gave another answer');
      },
      sign: async (alg, digest) => {
        const answer = await this.#ask({ ask: 'sign', key, alg, digest });
        if ('signature' in answer) return Buffer.from(answer.signature);
        throw away('gave another answer');
      },
    };
  }

  close(): void {
    this.#end('is closed');
  }

  async #ask(question: Question): Promise<Pkcs11Answer> {
    for (let tries = 1; ; tries += 1) {
      if (this.#isPinRefused)
        throw away(
          'has refused the PIN, and is shown it no more: mend authServer.keyHolders.pkcs11.pin, and restart',
        );
      try {
        const answer = await this.#answerTo(question);
        if (!('failed' in answer)) return answer;
        if (answer.code !== undefined && PIN_REFUSED.has(answer.code)) this.#isPinRefused = true;
        this.#end('is started anew');
        throw away(answer.failed);
      } catch (error) {
        if (tries >= TRIES || this.#isPinRefused) throw error;
      }
    }
  }

  async #answerTo(question: Question): Promise<Pkcs11Answer> {
    if (this.#line.length >= MAX_IN_LINE) throw away('has too many questions in line');
    const { promise, resolve, reject } = Promise.withResolvers<Pkcs11Answer>();
    this.#line.push({ question, done: resolve, failed: (why) => reject(away(why)) });
    this.#next();
    return await promise;
  }

  /** The time limit is one of the library: how long a question waited for others is none of it. */
  #next(): void {
    const [first] = this.#line;
    if (first === undefined || this.#limit !== undefined) return;
    const child = this.#started();
    const id = (this.#asked += 1);
    this.#limit = setTimeout(() => this.#end('does not answer in time'), this.module.timeoutMs);
    child.send({ ...first.question, id } satisfies Pkcs11Question, (error) => {
      if (error !== null) this.#over(child, 'has ended');
    });
  }

  #answered(child: ChildProcess, answer: Pkcs11Answer): void {
    if (this.#child !== child || answer.id !== this.#asked || this.#limit === undefined) return;
    this.#isAnswered();
    this.#line.shift()?.done(answer);
    this.#next();
  }

  #isAnswered(): void {
    clearTimeout(this.#limit);
    this.#limit = undefined;
  }

  #started(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    const { module, pin, environment } = this.module;
    const child = fork(PROGRAM, [], {
      env: environment,
      execArgv: [],
      serialization: 'advanced',
      // What a foreign library prints is nobody's to read.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child = child;
    child.on('message', (answer: Pkcs11Answer) => this.#answered(child, answer));
    child.once('error', () => this.#over(child, 'cannot be started'));
    child.once('exit', (code, signal) =>
      this.#over(child, `has ended (${signal ?? `exit code ${code ?? 0}`})`),
    );
    child.send({ module, pin: pin.reveal() } satisfies Pkcs11Opening, () => undefined);
    child.unref();
    child.channel?.unref();
    return child;
  }

  #end(why: string): void {
    const child = this.#child;
    if (child === undefined) return;
    this.#over(child, why);
    child.kill('SIGKILL');
  }

  /** Whoever waits for that process hears of it; one that was started since goes on. */
  #over(child: ChildProcess, why: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#isAnswered();
    const line = this.#line;
    this.#line = [];
    for (const { failed } of line) failed(why);
  }
}

const away = (what: string): GatehouseError =>
  new GatehouseError('unavailable', `the PKCS #11 library: ${what}`);
