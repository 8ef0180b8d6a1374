import { until } from '@gatehouse/testing/until';
import { CookieJar } from 'tough-cookie';

/** Where requests for the issuer's origin really go: the other side of an ingress that ends TLS. */
export interface Ingress {
  readonly publicOrigin: string;
  readonly localOrigin: string;
}

/**
 * What a browser does that matters here: cookies by the rules of RFC 6265bis (domains, paths, `__Host-` names), no
 * redirect followed unasked.
 */
export class TestBrowser {
  constructor(
    private readonly origin: string,
    private readonly ingress?: Ingress,
    private readonly jar = new CookieJar(undefined, {
      prefixSecurity: 'silent',
      rejectPublicSuffixes: false,
    }),
  ) {}

  /** The same browser, whose requests the ingress gives to another replica. */
  through(localOrigin: string): TestBrowser {
    return new TestBrowser(this.origin, { publicOrigin: this.origin, localOrigin }, this.jar);
  }

  async get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return await this.#send(url, { method: 'GET', headers });
  }

  /** Asks, and goes away before it is answered, once the service is known to work on it. */
  async leave(url: string, isUnderWay: () => boolean | Promise<boolean>): Promise<void> {
    const leaving = new AbortController();
    const asked = this.#send(url, { method: 'GET', signal: leaving.signal }).catch(() => undefined);
    await until(isUnderWay);
    leaving.abort();
    await asked;
  }

  async post(url: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    return await this.#send(url, { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** Follows redirects as long as they stay here, and leaves pages that a browser leaves by itself. */
  async follow(answer: Answer): Promise<Answer> {
    for (let current = answer; ;) {
      const next = current.location ?? onwardFrom(current);
      if (next?.startsWith(this.origin) !== true) return current;
      current = await this.get(next);
    }
  }

  /** Answers the form of a page with one of its buttons. */
  async decide(page: Answer, decision: string): Promise<Answer> {
    return await this.follow(await this.post(page.url, { ...hiddenFields(page.body), decision }));
  }

  /** The `Cookie` header of a request for a path. */
  cookiesFor(pathname: string): string {
    return this.jar.getCookieStringSync(new URL(pathname, this.origin).href);
  }

  /**
   * Takes a `Set-Cookie` line of another site, as of a page of a sibling domain.
   * @returns whether a browser keeps it
   */
  keep(line: string, site = this.origin): boolean {
    try {
      return this.jar.setCookieSync(line, site) !== undefined;
    } catch {
      return false;
    }
  }

  /** As somebody does who clears the cookies of this site. */
  forgetCookies(): void {
    this.jar.removeAllCookiesSync();
  }

  async #send(url: string, init: Sent): Promise<Answer> {
    const target = new URL(url, this.origin);
    const response = await fetch(this.#reached(target), {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', ...init.headers, cookie: this.jar.getCookieStringSync(target.href) },
    });
    for (const line of response.headers.getSetCookie()) this.keep(line, target.href);
    const location = response.headers.get('location');
    return {
      url: target.href,
      status: response.status,
      headers: response.headers,
      body: await response.text(),
      ...(location === null ? {} : { location: new URL(location, target).href }),
    };
  }

  #reached(target: URL): string {
    return this.ingress !== undefined && target.origin === this.ingress.publicOrigin
      ? this.ingress.localOrigin + target.pathname + target.search
      : target.href;
  }
}

interface Sent {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Absolute. */
  readonly location?: string;
}

export const hiddenFields = (body: string): Record<string, string> =>
  Object.fromEntries(
    [...body.matchAll(/<input\s+type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"/g)].map(
      ([, name, value]) => [name ?? '', value ?? ''],
    ),
  );

/** Where the page is left for at once (HTML, section 4.2.5.3). */
function onwardFrom({ headers, url }: Answer): string | undefined {
  const onward = /^0;url=(.+)$/.exec(headers.get('refresh') ?? '')?.[1];
  return onward === undefined ? undefined : new URL(onward, url).href;
}

export const pageName = ({ body }: Answer): string | undefined => /data-page="([^"]*)"/.exec(body)?.[1];
