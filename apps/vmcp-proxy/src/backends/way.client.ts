import type { Dispatcher, Pool } from 'undici';
import type { SignRequest } from '../outgoing-auth/request-signature.js';

/** One HTTP request on its way to a backend. */
export interface WayRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  /** For whom; absent: callers that cannot be told apart. */
  readonly person: string | undefined;
  /** Whatever becomes of it on the way to the wire, this comes last. */
  readonly sign?: SignRequest | undefined;
  /** It is `initialize`. */
  readonly isIntroduction: boolean;
  /** The backend said that it has to go to this URL. */
  readonly isRedirected: boolean;
}

/** How requests get to one backend. The response goes to the handler, as undici tells it. */
export interface Way {
  dispatch(request: WayRequest, handler: Dispatcher.DispatchHandler): void;
  /** Nobody uses that session any more. */
  release?(sessionId: string): void;
  destroy(): Promise<void>;
}

/** Over kept connections to one origin. */
export class PoolWay implements Way {
  readonly #toProxy: readonly string[];
  #url: URL | undefined;
  #path = '';

  constructor(
    private readonly pool: Pick<Pool, 'dispatch' | 'destroy'>,
    /** Before the path, where a proxy is asked for an http URL. */
    private readonly prefix: string,
    headersToProxy: Readonly<Record<string, string>>,
  ) {
    this.#toProxy = flat(headersToProxy);
  }

  dispatch(request: WayRequest, handler: Dispatcher.DispatchHandler): void {
    const { url, method, body, sign } = request;
    const headers = sign?.(request) ?? request.headers;
    this.pool.dispatch(
      {
        path: this.#pathOf(url),
        method,
        headers: this.#toProxy.length === 0 ? flat(headers) : [...flat(headers), ...this.#toProxy],
        body,
        // One absolute deadline instead: a backend that drips bytes must not hold a call open.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      handler,
    );
  }

  /** Nearly all requests go to the same URL. */
  #pathOf(url: URL): string {
    if (url !== this.#url) {
      this.#url = url;
      this.#path = this.prefix + url.pathname + url.search;
    }
    return this.#path;
  }

  async destroy(): Promise<void> {
    await this.pool.destroy();
  }
}

/** Names and values in turns: so undici need not look each one up. */
function flat(headers: Readonly<Record<string, string>>): string[] {
  const list: string[] = [];
  for (const [name, value] of Object.entries(headers)) list.push(name, value);
  return list;
}
