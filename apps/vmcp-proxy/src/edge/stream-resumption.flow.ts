import { EVENT_STREAM_TYPE } from '../mcp/answer.js';
import { eventPieces } from '../mcp/event-pieces.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import { eventId, placeIn, requestIn, type EventPlace } from '../replays/event-id.js';
import { eventsAfter } from '../replays/kept-events.js';
import type { KeptStreams } from '../replays/kept-streams.store.js';
import type { ResumableStreams } from '../replays/resumable-streams.flow.js';
import type { StreamRecord } from '../replays/resumable-stream.js';
import type { StreamHandovers } from '../replays/stream-handovers.flow.js';
import { idLine, replicaGone } from '../replays/stream-words.js';
import type { ClientStreams } from './client-streams.flow.js';
import type { Incoming } from './incoming.js';
import { refuse } from './refused-requests.js';

/** Ours are shorter. */
const MAX_ID_LENGTH = 256;

/**
 * `GET` of a client with a session (MCP 2025-03-26 to 2025-11-25, transports): it listens, or goes on with a stream that broke
 * off. The session has been found to be the caller's own; a stream of any other session is unknown here.
 */
export class StreamResumption {
  constructor(
    private readonly streams: Pick<ResumableStreams, 'find' | 'replica'>,
    private readonly elsewhere: Pick<StreamHandovers, 'ask'>,
    private readonly kept: Pick<KeptStreams, 'read'>,
    private readonly listening: Pick<ClientStreams, 'open'>,
  ) {}

  /** @throws {GatehouseError} `unavailable`, `busy` */
  async answer(incoming: Incoming, session: McpSession): Promise<void> {
    const { 'last-event-id': lastEventId = '' } = incoming.headers;
    if (lastEventId === '') {
      await this.listening.open(incoming, session);
      return;
    }
    // A header that came twice is a list, which no id is.
    const place =
      typeof lastEventId === 'string' && lastEventId.length <= MAX_ID_LENGTH
        ? placeIn(lastEventId)
        : undefined;
    if (place === undefined) refuse(incoming.answer, 400, 'Last-Event-ID names no event of this gateway');
    else if (place.kind === 'listen') await this.#listen(incoming, session, place);
    else if (place.isLast === true) nothingMore(incoming);
    else await this.#goOn(incoming, session, place);
  }

  /** A stream that listens goes on as a new one. What cannot be given again is said in another way: look at the lists. */
  async #listen(incoming: Incoming, session: McpSession, place: EventPlace): Promise<void> {
    const { replica, stream: id, position } = place;
    if (replica === this.streams.replica) {
      const missed = (): readonly string[] | undefined =>
        this.streams.find(session.digest, 'listen', id)?.takeOver(position);
      await this.listening.open(incoming, session, () => ({ events: missed(), isCertain: true }));
      return;
    }
    const handOver = await this.elsewhere.ask(place, session, incoming.answer);
    if (handOver.kind === 'reading') return;
    const events = handOver.kind === 'given' ? handOver.events : undefined;
    // Between the end of the one and the beginning of the other nobody listened.
    await this.listening.open(incoming, session, () => ({ events, isCertain: false }));
  }

  async #goOn(incoming: Incoming, session: McpSession, place: EventPlace): Promise<void> {
    const { answer } = incoming;
    const { replica, stream: id, position } = place;
    let isSilent = false;
    if (replica === this.streams.replica) {
      const resumed = this.streams.find(session.digest, 'call', id)?.resume(answer, position);
      if (resumed === 'complete') nothingMore(incoming);
      if (resumed === 'reading' || resumed === 'complete') return;
    } else {
      const { kind } = await this.elsewhere.ask(place, session, answer);
      if (kind === 'given') nothingMore(incoming);
      if (kind === 'reading' || kind === 'given') return;
      isSilent = kind === 'silent';
    }
    const record = await this.kept.read(session, place);
    const request = requestIn(place);
    if (record !== undefined && position <= record.newest) giveAgain(incoming, record, place);
    // It died before it could leave anything.
    else if (isSilent && request !== undefined)
      answerWith(answer, [lastEvent(place, position + 1, replicaGone(request))]);
    // 404 would tell the client that its session is over.
    else refuse(answer, 400, 'the stream of this Last-Event-ID is not known, or was over too long ago');
  }
}

/**
 * All was given: clients stop at 204 (WHATWG HTML, section 9.2). Official ones come back for the rest of a stream whose response
 * was an error, and take an empty stream for one that they listen on.
 */
const nothingMore = ({ answer }: Incoming): void => answer.empty(204);

/** What another replica has left of its stream. */
function giveAgain(incoming: Incoming, record: StreamRecord, place: EventPlace): void {
  const { events, isWhole } = eventsAfter(place.position, record.events, record.lostUpTo);
  const given: Buffer[] = isWhole
    ? events.map(({ position, text }) => {
        const isLast = record.isOver && position === record.newest;
        return Buffer.from(idLine(eventId({ ...place, position, isLast })) + text, 'latin1');
      })
    : [];
  const instead = isWhole ? (record.isOver ? undefined : record.replicaGone) : record.notKept;
  if (instead !== undefined) given.push(lastEvent(place, record.newest + 1, instead));
  if (given.length === 0) nothingMore(incoming);
  else answerWith(incoming.answer, given);
}

const lastEvent = (place: EventPlace, position: number, message: string): Buffer =>
  Buffer.from(`${idLine(eventId({ ...place, position, isLast: true }))}${eventPieces([message]).join('')}`);

function answerWith(answer: Incoming['answer'], events: readonly Buffer[]): void {
  answer.begin(200, EVENT_STREAM_TYPE, Buffer.concat(events));
  answer.end();
}
