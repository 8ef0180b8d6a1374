import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { LiveSet } from '@gatehouse/kernel/live-set';

/** Long enough to say what has to be said and for it to be read. */
const LAST_WORDS_MS = 2 * SECOND_MS;
/** A connection on which no request has begun by then holds up nobody: Node takes it for busy as long as it is silent. */
const SILENT_FOR_MS = 2 * SECOND_MS;

/**
 * An HTTP server that stops without losing an answer. Front ends keep connections and send the next request on one that
 * looks idle; closing it at that moment loses that request (RFC 9112, section 9.5). So every response first announces
 * that its connection ends, and only then does the listener close.
 */
export class GracefulStop {
  #announced = false;
  #closing = false;
  readonly #open = new LiveSet<ServerResponse>();
  readonly #connections = new Set<Socket>();

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    server.prependListener('request', (_request: IncomingMessage, response) => {
      const leave = this.#open.add(response);
      if (this.#announced) isLast(response);
      // It comes once. `once` would make another function for each response, and take it away again.
      response.on('close', () => {
        leave();
        // Its head may have promised otherwise, before anybody asked us to stop.
        if (this.#closing) setImmediate(() => server.closeIdleConnections());
      });
    });
  }

  /** What the stop waits for. */
  get unfinished(): { readonly requests: number; readonly connections: number } {
    return { requests: this.#open.size, connections: this.#connections.size };
  }

  /** From now on each answer is the last one of its connection. */
  announce(): void {
    this.#announced = true;
    for (const response of this.#open) isLast(response);
  }

  /**
   * Call it when the listener closes.
   * @param withinMs after this time nothing is left open.
   * @param endWhatRuns is called shortly before, for everybody to get an answer.
   * @returns what to call when the listener has closed.
   */
  close(withinMs: number, endWhatRuns: () => void = () => undefined): () => void {
    this.#closing = true;
    const lastWordsMs = Math.min(LAST_WORDS_MS, withinMs / 4);
    const timers = [
      setTimeout(() => afterReading(() => this.#closeSilent()), Math.min(SILENT_FOR_MS, lastWordsMs)),
      setTimeout(endWhatRuns, withinMs - lastWordsMs),
      // Whoever has not read it by now does not read.
      setTimeout(() => this.server.closeAllConnections(), withinMs - lastWordsMs / 2),
    ];
    return () => timers.forEach(clearTimeout);
  }

  #closeSilent(): void {
    const busy = new Set([...this.#open].map(({ socket }) => socket));
    for (const socket of this.#connections) if (!busy.has(socket)) socket.destroy();
  }
}

/** A process that stood still has to read what came meanwhile: the request may be there already. */
const afterReading = (then: () => void): void => void setImmediate(() => setImmediate(then));

function isLast(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
}
