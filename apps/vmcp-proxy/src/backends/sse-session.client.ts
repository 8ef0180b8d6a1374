import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { randomUUID } from 'node:crypto';
import { joined } from '../json/held-value.js';
import { RawJson } from '../json/raw-json.js';
import { EVENT_STREAM_TYPE, JSON_TYPE } from '../mcp/answer.js';
import { isCallMethod } from '../mcp/call-methods.js';
import { eventPieces } from '../mcp/event-pieces.js';
import { EventParser } from '../mcp/event-parser.js';
import { asMessage, errorText, idKey, progressTokenOf, type RequestId } from '../mcp/message.js';
import { INVALID_REQUEST } from '../mcp/protocol.js';
import { isEventStream } from '../mcp/server-sent-events.js';
import { BackendResponse, tooLarge } from './backend-response.client.js';
import type { BackendMessage } from './backend-message.js';
import type { MadeResponse, SharedRoom } from './made-response.client.js';
import { MAX_MESSAGE_BYTES, MessageReader } from './message-reader.js';
import { noRoom } from './read-messages.client.js';
import { endpointOf, MAX_ENDPOINT_BYTES, unusable } from './sse-endpoint.js';
import { ReplyBudget } from './reply-budget.js';
import { SseInbox, type Waiting } from './sse-inbox.js';
import { redirectOf, redirects } from './redirect.js';
import type { Way, WayRequest } from './way.client.js';

/** Begins the ids of sessions that are a stream. Only the gateway knows them: the backend never sees one. */
export const STREAM_SESSION = 'gatehouse-sse-';

/** What a server of a stream asks while no call of the session runs. */
export interface StreamQuestion {
  readonly id: RequestId;
  readonly method: string;
}

export interface SseSurroundings {
  readonly backend: string;
  /** Places for streams are not those of calls: a stream would keep its place for ever. */
  readonly calls: Way;
  readonly streams: Way;
  /** For what is kept of messages. */
  readonly room: SharedRoom;
  readonly asked: (session: SseSession, question: StreamQuestion) => void;
  readonly closed: (session: SseSession) => void;
}

/** Who began it may go before it is used. */
const UNUSED_MS = 15 * SECOND_MS;
/** Who gave it up may still have a call that is about to be sent. */
const RELEASED_MS = 5 * SECOND_MS;
const IDLE_MS = 10 * MINUTE_MS;
/** Pieces in which one event came: each costs something, however little is in it. */
const MAX_EVENT_PARTS = 100_000;

/** One session of HTTP with SSE (MCP 2024-11-05, transports): what is sent goes to its endpoint, what comes is on its stream. */
export class SseSession {
  readonly id = STREAM_SESSION + randomUUID();
  #endpoint: URL | undefined;
  #stream: BackendResponse | undefined;
  readonly #opened = Promise.withResolvers<undefined>();
  readonly #inbox = new SseInbox();
  #reader = new MessageReader();
  #said: Buffer[] = [];
  #held = 0;
  #parts = 0;
  #isOver = false;
  #isReleased = false;
  #isUsed = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #replies = new ReplyBudget();
  readonly #parser = new EventParser({
    data: (bytes) => this.#data(bytes),
    event: (type) => this.#event(type),
  });

  constructor(
    private readonly surroundings: SseSurroundings,
    /** Whose it is. */
    readonly person: string | undefined,
  ) {
    this.#opened.promise.catch(() => undefined);
  }

  /** No call runs, and nobody listens. */
  get isIdle(): boolean {
    return this.#endpoint !== undefined && this.#inbox.isEmpty;
  }

  /**
   * Opens the stream. @returns a response that is no such stream, or `undefined`.
   * @throws {GatehouseError} when there is no response, or no endpoint that may be used.
   */
  async open(request: WayRequest): Promise<BackendResponse | undefined> {
    const { backend, streams } = this.surroundings;
    const stream = new BackendResponse(backend, () => undefined, undefined, {}, true);
    this.#stream = stream;
    streams.dispatch({ ...request, method: 'GET', headers: openingHeaders(request), body: null }, stream);
    await stream.started;
    if (stream.status !== 200 || !isEventStream(stream.headers['content-type'])) {
      // Whoever asked for it reads it.
      this.#stream = undefined;
      return stream;
    }
    const { url } = request;
    this.#endpointFrom = (said) => endpointOf(said, url, backend);
    stream.pipe({
      data: (chunk) => {
        this.#parser.push(chunk);
        return true;
      },
      end: () => this.close(brokenOff(backend)),
      fail: (error) => this.close(error),
    });
    await this.#opened.promise;
    return undefined;
  }

  /** Sends what is posted in the session. The response to a request comes on the stream. */
  post(request: WayRequest, made: MadeResponse): void {
    this.#isUsed ||= !request.isIntroduction;
    const waiting = waitingFor(request, made);
    if (waiting !== undefined && this.#inbox.has(waiting.id)) {
      refuse(made, 400, errorText(null, { code: INVALID_REQUEST, message: 'this id is in use' }));
      return;
    }
    if (waiting !== undefined) this.#inbox.add(waiting);
    made.onOver = (how) => {
      if (waiting !== undefined) this.#inbox.remove(waiting);
      if (request.isIntroduction && how !== 'ended') this.close(over());
      else this.#rest();
    };
    this.#rest();
    this.#send(request, made, waiting);
  }

  /** Hears what is said on the stream outside of calls. A newer listener takes the place of the one before. */
  listen(made: MadeResponse): void {
    made.onOver = () => {
      this.#inbox.unlisten(made);
      this.#rest();
    };
    this.#inbox.listen(made)?.end();
    this.#rest();
    made.start();
    made.begin(200, { 'content-type': EVENT_STREAM_TYPE });
  }

  /** No new call comes: it ends when those that run are over. */
  release(): void {
    this.#isReleased = true;
    this.#rest();
  }

  /** Calls that run may have run, and end with the reason. */
  close(reason: GatehouseError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#opened.reject(reason);
    this.#letGo();
    this.surroundings.closed(this);
    this.#stream?.stop(reason);
    // What the server has not answered by now is told by that answer: a refusal says that it did not run.
    for (const made of this.#inbox.empty()) if (made.isBegun) made.fail(reason);
  }

  #endpointFrom: (said: string) => URL = () => {
    throw brokenOff(this.surroundings.backend);
  };

  #send(request: WayRequest, made: MadeResponse, waiting: Waiting | undefined): void {
    const url = request.isRedirected ? request.url : this.#endpoint;
    if (this.#isOver || url === undefined) {
      refuse(made, 404);
      return;
    }
    const { backend, calls } = this.surroundings;
    const waits = waiting !== undefined;
    let isAccepted = false;
    calls.dispatch(
      { ...request, url, headers: postHeaders(request) },
      {
        onRequestStart: (controller) => made.start(controller),
        onResponseStart: (_controller, status, given) => {
          if (status < 200) return;
          const redirect = redirectOf({ status, headers: given }, url);
          if (redirect !== undefined && request.isIntroduction) {
            made.fail(redirects(backend, redirect.target));
            return;
          }
          // Whoever follows it knows the URL of the stream alone.
          const headers = redirect?.kind === 'followed' ? { ...given, location: redirect.url.href } : given;
          // What comes on the stream may overtake this response.
          isAccepted = made.isBegun || (waits && status >= 200 && status < 300);
          if (isAccepted && this.#isOver) made.fail(brokenOff(backend));
          made.begin(isAccepted ? 200 : status, isAccepted ? this.#streamHeaders : headers);
          if (isAccepted) return;
          if (waits) this.#inbox.remove(waiting);
          // The server has lost the session: nothing that waits in it gets an answer.
          if (status === 404) this.close(brokenOff(backend));
        },
        onResponseData: (_controller, chunk) => {
          if (!isAccepted) made.data(chunk);
        },
        onResponseEnd: () => {
          if (!isAccepted) made.end();
        },
        onResponseError: (_controller, error) => {
          // Once it has been accepted, the answer is on the stream.
          if (!isAccepted && !(waits && made.isBegun)) made.fail(error);
        },
      },
    );
  }

  get #streamHeaders(): Record<string, string> {
    return { 'content-type': EVENT_STREAM_TYPE, 'mcp-session-id': this.id };
  }

  #data(bytes: Buffer): void {
    if (this.#isOver) return;
    const { backend, room } = this.surroundings;
    this.#held += bytes.length;
    this.#parts += 1;
    const hasRoom = room.take(bytes.length);
    if (this.#held > MAX_MESSAGE_BYTES || this.#parts > MAX_EVENT_PARTS) this.close(tooLarge(backend));
    else if (!hasRoom) this.close(noRoom(backend));
    else if (this.#endpoint !== undefined) this.#reader.push(bytes);
    else if (this.#held <= MAX_ENDPOINT_BYTES) this.#said.push(bytes);
    else this.close(unusable(backend, 'its stream does not begin with an endpoint'));
  }

  #event(type: string): void {
    if (this.#isOver) return;
    if (this.#endpoint === undefined) this.#begins(type);
    else if (type === 'message' && this.#held > 0) {
      this.#messages();
      return;
    }
    this.#letGo();
  }

  #begins(type: string): void {
    const said = Buffer.concat(this.#said).toString();
    this.#said = [];
    // Some servers greet first. No later event changes the endpoint.
    if (type !== 'endpoint') return;
    try {
      this.#endpoint = this.#endpointFrom(said);
      this.#opened.resolve(undefined);
    } catch (error) {
      this.close(GatehouseError.from(error));
    }
  }

  #messages(): void {
    const messages = this.#reader.end();
    const texts = this.#reader.texts();
    // From here on whoever cannot take one has to have room for it.
    this.#letGo();
    for (const [at, text] of texts.entries()) {
      const message = messages[at];
      if (message !== undefined) this.#handOn(message, text);
    }
  }

  #handOn(message: BackendMessage, text: readonly Buffer[]): void {
    const isPing = message.kind === 'request' && message.method === 'ping';
    const made = isPing ? undefined : this.#inbox.recipient(message);
    if (made === undefined) {
      if (message.kind === 'request' && this.#replies.take()) this.surroundings.asked(this, message);
      return;
    }
    made.begin(200, this.#streamHeaders);
    for (const piece of joined(eventPieces(text))) made.data(piece);
    if (message.kind === 'result' || message.kind === 'error') made.end();
  }

  #letGo(): void {
    this.surroundings.room.giveBack(this.#held);
    this.#held = 0;
    this.#parts = 0;
    this.#reader = new MessageReader();
  }

  /** When nothing happens any more it ends. */
  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#isOver || !this.#inbox.isEmpty) return;
    const used = this.#isReleased ? RELEASED_MS : IDLE_MS;
    this.#timer = setTimeout(() => this.close(over()), this.#isUsed ? used : UNUSED_MS).unref();
  }
}

/** @returns `undefined` for what has no response. @throws {RefusedJson} */
function waitingFor({ body }: WayRequest, response: MadeResponse): Waiting | undefined {
  if (body === null) return undefined;
  const message = asMessage(RawJson.read(typeof body === 'string' ? Buffer.from(body) : body));
  const id = message?.kind === 'request' ? idKey(message.id) : undefined;
  if (message?.kind !== 'request' || id === undefined) return undefined;
  const progressToken = idKey(progressTokenOf(message.params));
  return { id, progressToken, isCall: isCallMethod(message.method), response };
}

/** Answers without asking the backend. */
export function refuse(made: MadeResponse, status: number, text = ''): void {
  made.start();
  made.begin(status, text === '' ? {} : { 'content-type': JSON_TYPE });
  if (text !== '') made.data(Buffer.from(text));
  made.end();
}

/** The credential and the like; what is said of a body or of Streamable HTTP is not said here. */
function openingHeaders({ headers }: WayRequest): Record<string, string> {
  return { ...leaving(headers, 'content-type', 'mcp-session-id'), accept: EVENT_STREAM_TYPE };
}

/** The id of the session is in the endpoint, in the server's own way. */
const postHeaders = ({ headers }: WayRequest): Record<string, string> => leaving(headers, 'mcp-session-id');

const leaving = (headers: WayRequest['headers'], ...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));

export const brokenOff = (backend: string): GatehouseError =>
  new GatehouseError('backend_unavailable', 'the event stream of the session broke off', {
    details: { backend, ran: 'maybe' },
  });

/** Nobody waits for it any more. */
const over = (): GatehouseError => new GatehouseError('unavailable', 'the session is over');
