import type { IncomingMessage } from 'node:http';
import { JsonReading, type RawJson } from '../json/raw-json.js';
import { RefusedJson } from '../json/refused-json.js';
import { BytesInFlight, type HeldBytes } from '../calls/bytes-in-flight.js';
import { Turns } from './turns.js';

export interface BodyLimits {
  /** Of one request. */
  readonly requestBytes: number;
  /** Of all requests together that one person has here. */
  readonly requestBytesPerPerson: number;
}

export type Body =
  | { readonly kind: 'json'; readonly json: RawJson }
  | { readonly kind: 'refused'; readonly reason: RefusedJson }
  | { readonly kind: 'too_large' | 'in_crumbs' | 'busy' | 'gone' };

/** How much is read of a body before others have their turn: about a millisecond's work. */
const SLICE_BYTES = 65_536;
/** A body may have this many small pieces: each costs as much memory as hundreds of its bytes. */
const MAX_CRUMBS = 1_024;
const CRUMB_BYTES = 16;

/** Reads requests' bodies: never more than allowed, of one request or of one person, and without holding up the others. */
export class RequestBodies {
  readonly #inFlight: BytesInFlight;

  constructor(
    private readonly limits: BodyLimits,
    private readonly turns = new Turns(),
  ) {
    this.#inFlight = new BytesInFlight(limits.requestBytesPerPerson);
  }

  /** The bytes count as the person's until `use` is done with them; it is told when they were here, of `performance.now()`. */
  async read(
    request: IncomingMessage,
    person: string,
    use: (body: Body, wholeAtMs: number) => Promise<void> | undefined,
  ): Promise<void> {
    const held = this.#inFlight.hold(person);
    try {
      const bytes = await bytesOf(request, this.limits.requestBytes, held);
      const wholeAtMs = performance.now();
      const body = typeof bytes === 'string' ? { kind: bytes } : this.#parsed(bytes, person);
      await use(body instanceof Promise ? await body : body, wholeAtMs);
    } finally {
      held.giveBack();
    }
  }

  /** @returns at once what is read in one turn. */
  #parsed(bytes: Buffer, person: string): Body | Promise<Body> {
    const reading = new JsonReading(bytes);
    try {
      if (!reading.advance(SLICE_BYTES)) return { kind: 'json', json: reading.result() };
    } catch (error) {
      return refused(error);
    }
    return this.turns
      .run(person, () => reading.advance(SLICE_BYTES))
      .then((): Body => ({ kind: 'json', json: reading.result() }))
      .catch(refused);
  }
}

function refused(error: unknown): Body {
  if (error instanceof RefusedJson) return { kind: 'refused', reason: error };
  throw error;
}

type NoBytes = 'too_large' | 'in_crumbs' | 'busy' | 'gone';

function bytesOf(
  request: IncomingMessage,
  mostBytes: number,
  held: HeldBytes,
): NoBytes | Promise<Buffer | NoBytes> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > mostBytes) return 'too_large';
  if (!held.hasRoomFor(announced)) return 'busy';
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = (why: NoBytes): void => {
      request.pause();
      chunks.length = 0;
      resolve(why);
    };
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > mostBytes) stop('too_large');
      else if (chunks.length >= MAX_CRUMBS && length < chunks.length * CRUMB_BYTES) stop('in_crumbs');
      else if (held.take(chunk.length)) chunks.push(chunk);
      else stop('busy');
    });
    request.on('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length));
    });
    request.on('close', () => resolve('gone'));
    request.on('error', () => resolve('gone'));
  });
}
