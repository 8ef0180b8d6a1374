import { parseFaithfully } from '../json/faithful-json.js';
import { isId, type RequestId } from '../mcp/message.js';

/** `call`: the answer to one request. `listen`: what a client hears on its `GET` stream. */
export type StreamKind = 'call' | 'listen';

/** A place in a stream: after which event a client wants to go on. */
export interface EventPlace {
  readonly kind: StreamKind;
  /** Address of the replica that writes the stream ({@link ReplicaMailbox}). */
  readonly replica: string;
  /** A random UUID: nobody guesses one. */
  readonly stream: string;
  /** How many events, of whatever kind, came up to here. */
  readonly position: number;
  /** Of the request that the stream answers ({@link requestPart}): it can be answered when its replica is gone. */
  readonly request?: string;
  /** Nothing comes after it: there is no reason to come back. */
  readonly isLast?: boolean;
}

const MARKS: Readonly<Record<StreamKind, string>> = { call: 'c', listen: 'l' };
/** The last event of a call's stream. */
const LAST_MARK = 'e';
const ID =
  /^([cel])\.([A-Za-z0-9_-]{43})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(0|[1-9][0-9]{0,14})(?:\.([A-Za-z0-9_-]{2,64}))?$/;
/** Of the request's id, as it is written there. */
const MAX_REQUEST_LENGTH = 64;

/** No two events have the same one (MCP 2025-11-25, transports, resumability). */
export const eventId = ({ kind, replica, stream, position, request, isLast }: EventPlace): string =>
  `${isLast === true ? LAST_MARK : MARKS[kind]}.${replica}.${stream}.${position}${request === undefined ? '' : `.${request}`}`;

/** Reads `Last-Event-ID`; `undefined` for what was not written above. Whose stream it is is for the caller to check. */
export function placeIn(id: string): EventPlace | undefined {
  const [, mark, replica, stream, position, request] = ID.exec(id) ?? [];
  if (replica === undefined || stream === undefined) return undefined;
  const kind = mark === 'l' ? 'listen' : 'call';
  return {
    kind,
    replica,
    stream,
    position: Number(position),
    ...(request === undefined ? {} : { request }),
    ...(mark === LAST_MARK ? { isLast: true } : {}),
  };
}

/** The id of a request as a part of event ids; `undefined` where it is too long for that. */
export function requestPart(id: RequestId): string | undefined {
  if (id === undefined) return undefined;
  const part = Buffer.from(JSON.stringify(id)).toString('base64url');
  return part.length <= MAX_REQUEST_LENGTH ? part : undefined;
}

/** @returns the id of the request; `undefined` where there is none. */
export function requestIn({ request }: Pick<EventPlace, 'request'>): RequestId {
  if (request === undefined) return undefined;
  try {
    const id = parseFaithfully(Buffer.from(request, 'base64url').toString());
    return isId(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
