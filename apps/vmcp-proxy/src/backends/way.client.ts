import type { Dispatcher, Pool } from 'undici';

/** One HTTP request on its way to a backend. */
export interface WayRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  /** For whom; absent: callers that cannot be told apart. */
  readonly person: string | undefined;
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
  constructor(
    private readonly pool: Pool,
    /** Before the path, where a proxy is asked for an http URL. */
    private readonly prefix: string,
    private readonly headersToProxy: Readonly<Record<string, string>>,
  ) {}

  dispatch({ url, method, headers, body }: WayRequest, handler: Dispatcher.DispatchHandler): void {
    this.pool.dispatch(
      {
        path: this.prefix + url.pathname + url.search,
        method,
        headers: { ...headers, ...this.headersToProxy },
        body,
        // One absolute deadline instead: a backend that drips bytes must not hold a call open.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      handler,
    );
  }

  async destroy(): Promise<void> {
    await this.pool.destroy();
  }
}
