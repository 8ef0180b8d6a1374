import type { Pieces } from '../json/held-value.js';

export type AnswerHeaders = Readonly<Record<string, string>>;

/** Where the answer to one JSON-RPC message goes: an HTTP response, or one place in a batch. */
export interface Answer {
  /** The whole answer at once. */
  whole(status: number, contentType: string, body: Buffer | string, headers?: AnswerHeaders): void;
  /** The same in pieces. */
  pieces(status: number, contentType: string, body: Pieces): void;
  /** No body (202, 204 …). */
  empty(status: number, headers?: AnswerHeaders): void;
  /** The first part of an answer that goes on with `write`. @param first goes out in the same packet. */
  begin(status: number, contentType: string, first?: Buffer | string): void;
  /** Does nothing after the end. @returns false when nothing more should come before `onDrain` calls back. */
  write(chunk: Buffer | string): boolean;
  /** One message of an event stream. @returns see `write` */
  message(text: Pieces): boolean;
  /** The response, which ends an event stream. @returns see `write` */
  lastMessage(text: Pieces): boolean;
  /** Ends the answer; an event stream, without a response. */
  end(): void;
  /** Gives up in the middle: the client must not take what it got for a whole answer. */
  breakOff(): void;
  onDrain(callback: () => void): void;
  /** Called when everything was sent, or the client is gone. */
  onClosed(callback: () => void): void;
  /** Called when the client goes away before the end of the answer. */
  onGone(callback: () => void): void;
  readonly begun: boolean;
  /** The client reads what is written before the end: it can be asked something meanwhile. */
  readonly isLive: boolean;
  /** What was begun is an event stream. */
  readonly isEventStream: boolean;
}

export const JSON_TYPE = 'application/json';
export const EVENT_STREAM_TYPE = 'text/event-stream';
