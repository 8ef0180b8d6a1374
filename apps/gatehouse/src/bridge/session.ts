import { randomUUID } from 'node:crypto';
import type { BridgedBackend } from '@gatehouse/config/bridge-part';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Answer } from './answer.js';
import { HeldMessages } from './held-messages.js';
import { OpenQuestions } from './open-questions.js';
import { Program, type ProgramStart } from './program.js';
import { RunningCalls, type RunningCall } from './running-calls.js';
import { SignOfLife } from './sign-of-life.js';
import {
  CANCELLED,
  errorMessage,
  idKey,
  INTERNAL_ERROR,
  INVALID_REQUEST,
  onOneLine,
  PROGRESS,
  readMessage,
  type RpcId,
  type RpcMessage,
} from './rpc-message.js';

type Of<Kind extends RpcMessage['kind']> = Extract<RpcMessage, { kind: Kind }>;

/** Whose session it is. */
export interface SessionOwner {
  readonly backend: BridgedBackend;
  /** Absent: nobody can be told apart. */
  readonly person: string | undefined;
  /** Of the token that the program has. */
  readonly tokenDigest: string | undefined;
}

export type Started =
  | { readonly ok: true; readonly line: Buffer; readonly isError: boolean }
  | { readonly ok: false; readonly status: 502 | 504; readonly why: string };

/** A proxy that goes on says first that a call is late (it knows when a person was asked), or that nobody waits for it. */
const PROXY_FIRST_MS = 2 * SECOND_MS;

/** They are about the session and not about the call that happens to run. */
const OF_THE_SESSION = /^notifications\/(?:resources\/updated|(?:tools|prompts|resources)\/list_changed)$/;

/**
 * One MCP session, which is one program. Messages pass as the bytes that came; only their way is decided here. The program
 * of a session is never that of another one.
 */
export class Session {
  readonly id = randomUUID();
  #owner: SessionOwner;
  lastUsedAtMs = Date.now();
  protocolVersion: string | undefined;
  readonly #program: Program;
  readonly #calls: RunningCalls;
  readonly #questions = new OpenQuestions(
    (isAny) => this.#calls.waitForPerson(isAny),
    (id) => this.#program.send(errorMessage(id, INTERNAL_ERROR, 'No client answers.')),
  );
  readonly #held = new HeldMessages((id) => this.#questions.refuse(id));
  #starting: { readonly id: RpcId; readonly done: (started: Started) => void } | undefined;
  #hasStarted = false;
  #listening: Answer | undefined;
  #isRetired = false;
  #isOver = false;
  readonly #life = new SignOfLife(
    () => this.owner.backend.processes.startTimeoutMs,
    (line) => this.#program.send(line),
    () => void this.end('gave no sign of life'),
  );

  constructor(
    owner: SessionOwner,
    start: Omit<ProgramStart, 'backend'>,
    private readonly told: { readonly ended: (how: string) => void; readonly skipped: () => void },
  ) {
    this.#owner = owner;
    this.#calls = new RunningCalls(
      () => this.owner.backend.callTimeoutMs + PROXY_FIRST_MS,
      (call) => this.#late(call),
    );
    this.#program = new Program(
      { ...start, backend: owner.backend },
      { line: (line) => this.#line(line), ended: (how) => this.#ended(how) },
    );
  }

  get owner(): SessionOwner {
    return this.#owner;
  }

  /** Resolves when nothing of its program is left. */
  get gone(): Promise<undefined> {
    return this.#program.gone;
  }

  get isIdle(): boolean {
    return this.#calls.size === 0 && this.#hasStarted;
  }

  /** Whether it takes requests. */
  get isOpen(): boolean {
    return !this.#isOver && !this.#isRetired;
  }

  get isEnding(): boolean {
    return this.#isOver;
  }

  /** Begins with `initialize`, whose answer belongs to the session itself. */
  async initialize({ id }: Of<'request'>, bytes: Buffer): Promise<Started> {
    const { startTimeoutMs } = this.owner.backend.processes;
    const started = Promise.withResolvers<Started>();
    const timer = setTimeout(
      () => started.resolve({ ok: false, status: 504, why: 'gave no answer to initialize in time' }),
      startTimeoutMs,
    );
    this.#starting = { id, done: started.resolve };
    if (this.#isOver) started.resolve({ ok: false, status: 502, why: 'could not be started' });
    else this.#program.send(onOneLine(bytes));
    const outcome = await started.promise;
    clearTimeout(timer);
    this.#starting = undefined;
    this.#hasStarted = true;
    return outcome;
  }

  /** A request of the client. Its answer comes when the program gives it, or when it cannot any more. */
  request(message: Of<'request'>, bytes: Buffer, answer: Answer): void {
    this.lastUsedAtMs = Date.now();
    if (this.#calls.has(message.id)) {
      answer.refuse(400, errorMessage(message.id, INVALID_REQUEST, 'A request with this id runs already.'));
      return;
    }
    if (!this.#program.isTakingInput) {
      answer.status(503, 'The program does not read what it is sent.', { 'retry-after': '1' });
      return;
    }
    const call = this.#calls.add(message, answer);
    answer.onGone(() => setTimeout(() => this.#readerGone(call), PROXY_FIRST_MS).unref());
    this.#giveHeld(answer);
    this.#program.send(onOneLine(bytes));
  }

  notification(message: Of<'notification'>, bytes: Buffer): void {
    this.lastUsedAtMs = Date.now();
    if (this.#program.isTakingInput) this.#program.send(onOneLine(bytes));
    if (message.method !== CANCELLED || message.about === undefined) return;
    const call = this.#endCall(message.about);
    // A program does not answer what was cancelled (MCP 2025-11-25, cancellation).
    if (call === undefined) return;
    call.answer.last(errorMessage(call.id, INTERNAL_ERROR, 'The request was cancelled.', { ran: 'maybe' }));
    this.#life.ask();
    this.#endIfDone();
  }

  /** The client's answer to what the program asked. @returns false when it asked nothing like it */
  response({ id }: Of<'response'>, bytes: Buffer): boolean {
    this.lastUsedAtMs = Date.now();
    if (!this.#questions.close(id)) return false;
    if (this.#program.isTakingInput) this.#program.send(onOneLine(bytes));
    return true;
  }

  /** The stream for what belongs to no call. A newer one takes the place of the one before, which may be dead. */
  listen(answer: Answer): void {
    const before = this.#listening;
    this.#listening = answer;
    before?.end();
    if (before !== undefined) this.#questions.refuseThoseOn(before);
    answer.onGone(() => this.#questions.refuseThoseOn(answer));
    answer.stream();
    this.#giveHeld(answer);
  }

  /** The same program, with other limits from now on. */
  limitsAre(backend: BridgedBackend): void {
    this.#owner = { ...this.#owner, backend };
  }

  /** Another token, or another program, has to be used from now on: what runs may go on, and nothing new begins. */
  retire(): void {
    this.#isRetired = true;
    this.#endIfDone();
  }

  /** Ends it and its program. Resolves when nothing of the program is left. */
  async end(how = 'was ended with its session'): Promise<void> {
    const gone = this.#program.end();
    this.#ended(how);
    await gone;
  }

  #endIfDone(): void {
    if (this.#isRetired && this.#calls.size === 0) void this.end();
  }

  /** One line of the program. */
  #line(bytes: Buffer): void {
    this.#life.heard();
    if (bytes.length === 0) return;
    const message = readMessage(bytes);
    const line = onOneLine(bytes);
    if (message === undefined) this.told.skipped();
    else if (message.kind === 'response') this.#answered(message, line);
    else if (message.kind === 'request') this.#asks(message, line);
    else this.#notifies(message, line);
  }

  #answered(message: Of<'response'>, line: Buffer): void {
    if (this.#starting !== undefined && idKey(this.#starting.id) === idKey(message.id)) {
      this.protocolVersion = message.protocolVersion;
      this.#starting.done({ ok: true, line, isError: message.isError });
      return;
    }
    const call = this.#endCall(message.id);
    // Late, after its call was cancelled, or to nobody.
    if (call === undefined) return;
    call.answer.last(line);
    this.lastUsedAtMs = Date.now();
    this.#endIfDone();
  }

  #asks({ id, method }: Of<'request'>, line: Buffer): void {
    if (method === 'ping') {
      this.#program.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, result: {} })));
      return;
    }
    const stream = this.#streamFor(method);
    if (!this.#questions.add(id, stream)) return;
    if (stream === undefined) this.#held.hold(line, id);
    else this.#write(stream, line);
  }

  #notifies({ method, about }: Of<'notification'>, line: Buffer): void {
    if (method === PROGRESS) {
      const call = about === undefined ? undefined : this.#calls.withToken(about);
      // Of a call that is over.
      if (call?.answer.isOpen === true) this.#write(call.answer, line);
      return;
    }
    // It takes a question back.
    if (method === CANCELLED && about !== undefined) this.#questions.close(about);
    const stream = this.#streamFor(method);
    if (stream !== undefined) this.#write(stream, line);
    else if (!this.#held.hold(line, undefined)) this.told.skipped();
  }

  /** Standard output does not say to which call a message belongs. With one call it is that one. */
  #streamFor(method: string): Answer | undefined {
    const listening = this.#listening?.isOpen === true ? this.#listening : undefined;
    const open = this.#calls.open();
    const newest = open.at(-1)?.answer;
    return open.length === 1 && !OF_THE_SESSION.test(method) ? newest : (listening ?? newest);
  }

  #giveHeld(answer: Answer): void {
    for (const { line, request } of this.#held.take()) {
      if (request !== undefined) this.#questions.askedOn(request, answer);
      this.#write(answer, line);
    }
  }

  /** Nothing more is read of a program whose reader is behind. */
  #write(answer: Answer, line: Buffer): void {
    if (answer.event(line)) return;
    this.#program.pause();
    answer.onceFree(() => this.#program.resume());
  }

  /** What was asked in it is asked no more. */
  #endCall(id: RpcId): RunningCall | undefined {
    const call = this.#calls.end(id);
    if (call !== undefined) this.#questions.refuseThoseOn(call.answer);
    return call;
  }

  #late(call: RunningCall): void {
    const seconds = Math.round(this.owner.backend.callTimeoutMs / SECOND_MS);
    const text = `The program gave no response within ${seconds} s. The call may have run.`;
    call.answer.last(errorMessage(call.id, INTERNAL_ERROR, text, { ran: 'maybe' }));
    this.#giveUp(call, 'it took too long');
  }

  /** Nobody can read its answer any more: there is no resumption here. */
  #readerGone(call: RunningCall): void {
    if (this.#calls.isRunning(call)) this.#giveUp(call, 'nobody waits for it');
  }

  #giveUp(call: RunningCall, reason: string): void {
    this.#endCall(call.id);
    const params = { requestId: call.id, reason };
    this.#program.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: CANCELLED, params })));
    this.#life.ask();
    this.#endIfDone();
  }

  #ended(how: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#life.heard();
    this.#held.clear();
    this.#questions.clear();
    this.#starting?.done({ ok: false, status: 502, why: how });
    for (const { id, answer } of this.#calls.endAll())
      answer.last(
        errorMessage(id, INTERNAL_ERROR, `The program ${how}. The call may have run.`, { ran: 'maybe' }),
      );
    this.#listening?.end();
    this.told.ended(how);
  }
}
