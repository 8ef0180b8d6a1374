import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { SECOND_MS } from '@gatehouse/kernel/durations';

/** Long enough to say what has to be said and for it to be read. */
const LAST_WORDS_MS = 2 * SECOND_MS;

/**
 * An HTTP server that stops without losing an answer. Front ends keep connections and send the next request on one that
 * looks idle; closing it at that moment loses that request (RFC 9112, section 9.5). So every response first announces
 * that its connection ends, and only then does the listener close.
 */
export class GracefulStop {
  #announced = false;
  #closing = false;
  readonly #open = new Set<ServerResponse>();

  constructor(private readonly server: Server) {
    server.prependListener('request', (_request: IncomingMessage, response) => {
      this.#open.add(response);
      if (this.#announced) isLast(response);
      response.once('close', () => {
        this.#open.delete(response);
        // Its head may have promised otherwise, before anybody asked us to stop.
        if (this.#closing) setImmediate(() => server.closeIdleConnections());
      });
    });
  }

  /** From now on each answer is the last one of its connection. */
  announce(): void {
    this.#announced = true;
    this.#open.forEach(isLast);
  }

  /**
   * Call it when the listener closes.
   * @param withinMs after this time nothing is left open.
   * @param endWhatRuns is called shortly before, for everybody to get an answer.
   * @returns what to call when the listener has closed.
   */
  close(withinMs: number, endWhatRuns: () => void): () => void {
    this.#closing = true;
    const lastWordsMs = Math.min(LAST_WORDS_MS, withinMs / 4);
    const timers = [
      setTimeout(endWhatRuns, withinMs - lastWordsMs),
      // Whoever has not read it by now does not read.
      setTimeout(() => this.server.closeAllConnections(), withinMs - lastWordsMs / 2),
    ];
    return () => timers.forEach(clearTimeout);
  }
}

function isLast(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
}
