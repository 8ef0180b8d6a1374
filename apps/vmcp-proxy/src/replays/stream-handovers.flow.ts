import type { mcpStreamHanded } from '@gatehouse/contracts/events/mcp-stream-handed';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Answer } from '../mcp/answer.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { ReplicaMailbox } from '../mcp-sessions/replica-mailbox.js';
import type { EventPlace } from './event-id.js';
import { handedStream, type HandedStream, type Said } from './handed-stream.js';
import { ReadElsewhere } from './read-elsewhere.js';
import { RemoteReader } from './remote-reader.js';
import type { RetryHandovers } from './retry-handovers.flow.js';
import type { ResumableStreams } from './resumable-streams.flow.js';
import { UnreadBytes } from './unread-bytes.js';
import type { StreamPost } from './stream-post.client.js';

/** A replica that says nothing for so long is gone, or cannot be reached. */
const ANSWERS_WITHIN_MS = 2 * SECOND_MS;
/** Of the signs of life that each side gives, so many may be lost. */
const SIGNS = 3;
/** Clients here that wait for, or read, what is written at other replicas. */
const MAX_READING = 10_000;

/** What came of asking the replica that writes a stream. */
export type HandOver =
  /** The client is being answered. */
  | { readonly kind: 'reading' }
  /** The events of a stream that goes on here now, or of a call that is over; absent: not all of them are known. */
  | { readonly kind: 'given'; readonly events: readonly string[] | undefined }
  /** That replica knows no such stream; or it is gone. */
  | { readonly kind: 'unknown' | 'silent' };

interface Reading {
  readonly stream: ReadElsewhere;
  readonly answered: (handOver: HandOver) => void;
}

/** Streams whose clients came back to another replica than the one that writes them (ADR 27, ADR 33). */
export class StreamHandovers {
  /** Here, what is written elsewhere; by the name of the reader. */
  readonly #reading = new Map<string, Reading>();
  /** Elsewhere, what is written here. */
  readonly #readers = new Map<string, RemoteReader>();
  readonly #unread = new UnreadBytes();
  #timer: NodeJS.Timeout | undefined;
  /** Opening takes its time; what was said first is heard first. */
  #heard: Promise<void> = Promise.resolve();

  constructor(
    private readonly streams: Pick<ResumableStreams, 'find'>,
    private readonly post: Pick<StreamPost, 'say'>,
    private readonly mailbox: Pick<ReplicaMailbox, 'address' | 'open'>,
    /** How often each side says that it is there. A stream's own signs of life are for what is on the way to its client, and rarer. */
    private readonly signMs: number,
    private readonly retries: Pick<RetryHandovers, 'hear'>,
  ) {}

  /** Asks the replica that writes the stream. @throws {GatehouseError} `busy` */
  async ask(
    { kind, replica: writer, stream, position }: EventPlace,
    session: McpSession,
    answer: Answer,
  ): Promise<HandOver> {
    if (this.#reading.size >= MAX_READING)
      throw new GatehouseError('busy', 'too many streams are handed over');
    const reader = randomUUID();
    const waiting: PromiseWithResolvers<HandOver> = Promise.withResolvers();
    this.#reading.set(reader, {
      stream: new ReadElsewhere(answer, writer, Date.now, this.#unread.ofOne()),
      answered: waiting.resolve,
    });
    answer.onGone(() => this.#clientLeft(reader));
    this.#starts();
    const silence = setTimeout(() => waiting.resolve({ kind: 'silent' }), ANSWERS_WITHIN_MS);
    const wanted = {
      said: 'wanted',
      reader,
      replica: this.mailbox.address,
      session: session.digest,
    } as const;
    if (!(await this.post.say(writer, { ...wanted, kind, stream, after: position })))
      waiting.resolve({ kind: 'silent' });
    const handOver = await waiting.promise;
    clearTimeout(silence);
    if (handOver.kind !== 'reading') this.#reading.delete(reader);
    // It may be late.
    if (handOver.kind === 'silent') void this.post.say(writer, { said: 'left', reader });
    return handOver;
  }

  /** Another replica said something. @throws {MessageNotForUs} and errors of its shape. */
  async heard({ replica, sealed }: z.output<typeof mcpStreamHanded.payload>): Promise<void> {
    if (replica !== this.mailbox.address) return;
    const heard = this.#heard.then(async () => {
      this.#hear(handedStream.parse(await this.mailbox.open(sealed)));
    });
    this.#heard = heard.catch(() => undefined);
    await heard;
  }

  #hear(said: HandedStream): void {
    if (this.retries.hear(said)) return;
    switch (said.said) {
      case 'wanted':
        this.#wanted(said);
        return;
      case 'still':
        this.#readers.get(said.reader)?.still();
        return;
      case 'left':
        this.#readers.get(said.reader)?.left();
        return;
      case 'sent':
        this.#sent(said);
        return;
      case 'given':
        this.#reading.get(said.reader)?.answered({ kind: 'given', events: said.events });
        return;
      case 'unknown':
        this.#reading.get(said.reader)?.answered({ kind: 'unknown' });
        return;
      case 'retried':
      case 'begun':
      case 'broken':
      // They were heard above, or are about an answer that nobody waits for any more.
    }
  }

  #wanted({ reader, replica, session, kind, stream: id, after }: Said<'wanted'>): void {
    const stream = this.streams.find(session, kind, id);
    if (stream !== undefined && kind === 'listen') {
      void this.post.say(replica, { said: 'given', reader, events: copied(stream.takeOver(after)) });
      return;
    }
    const remote = new RemoteReader(
      async (number, text, isLast) =>
        await this.post.say(replica, { said: 'sent', reader, number, text, isLast }),
      () => this.#readers.delete(reader),
      SIGNS * this.signMs,
      Date.now,
    );
    this.#readers.set(reader, remote);
    const resumed = stream?.resume(remote, after) ?? 'unknown';
    if (resumed === 'reading') {
      this.#starts();
      return;
    }
    this.#readers.delete(reader);
    if (resumed === 'complete') void this.post.say(replica, { said: 'given', reader, events: [] });
    else void this.post.say(replica, { said: 'unknown', reader });
  }

  #sent(said: Said<'sent'>): void {
    const { reader } = said;
    const reading = this.#reading.get(reader);
    // Nobody waits for it any more; whoever writes it cannot tell by which replica.
    if (reading === undefined) return;
    const { stream, answered } = reading;
    const goesOn = stream.sent(said);
    answered({ kind: 'reading' });
    if (!goesOn) void this.post.say(stream.writer, { said: 'left', reader });
    if (stream.isOver) this.#reading.delete(reader);
  }

  #clientLeft(reader: string): void {
    const reading = this.#reading.get(reader);
    if (reading === undefined) return;
    this.#reading.delete(reader);
    reading.stream.left();
    reading.answered({ kind: 'reading' });
    void this.post.say(reading.stream.writer, { said: 'left', reader });
  }

  #starts(): void {
    this.#timer ??= setInterval(() => this.#tick(), this.signMs).unref();
  }

  /** Each side says that it is there, and looks whether the other one is. */
  #tick(): void {
    const nowMs = Date.now();
    for (const [reader, { stream }] of [...this.#reading])
      if (nowMs - stream.heardAtMs > SIGNS * this.signMs) {
        stream.giveUp();
        this.#reading.delete(reader);
      } else void this.post.say(stream.writer, { said: 'still', reader });
    for (const remote of [...this.#readers.values()]) remote.write('');
    if (this.#reading.size > 0 || this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

const copied = (events: readonly string[] | undefined): string[] | undefined => events && [...events];
