/** What a browser does that matters here, by hand: cookies with their paths, no redirect followed unasked. */
export class TestBrowser {
  /** In the order they were made; a name may be there once for each path (RFC 6265, section 5.3). */
  readonly #cookies = new Map<string, { readonly pair: string; readonly path: string }>();

  constructor(private readonly origin: string) {}

  async get(url: string): Promise<Answer> {
    return await this.#send(url, { method: 'GET' });
  }

  async post(url: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    return await this.#send(url, { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** Follows redirects as long as they stay here. */
  async follow(answer: Answer): Promise<Answer> {
    let current = answer;
    while (current.location?.startsWith(this.origin) === true) current = await this.get(current.location);
    return current;
  }

  /** Answers the form of a page with one of its buttons. */
  async decide(page: Answer, decision: string): Promise<Answer> {
    return await this.follow(await this.post(page.url, { ...hiddenFields(page.body), decision }));
  }

  /** The `Cookie` header of a request for a path. */
  cookiesFor(pathname: string): string {
    return [...this.#cookies.values()]
      .filter(({ path }) => pathname === path || pathname.startsWith(path === '/' ? '/' : `${path}/`))
      .map(({ pair }) => pair)
      .join('; ');
  }

  async #send(url: string, init: RequestInit): Promise<Answer> {
    const target = new URL(url, this.origin);
    const response = await fetch(target, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: this.cookiesFor(target.pathname) },
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get('location');
    return {
      url: target.href,
      status: response.status,
      headers: response.headers,
      body: await response.text(),
      ...(location === null ? {} : { location: new URL(location, target).href }),
    };
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/;\s*/);
    const at = pair.indexOf('=');
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
    const gone = attributes.some((one) => /^max-age=0$/i.test(one) || /1970/.test(one));
    const key = `${pair.slice(0, at)} ${path}`;
    if (gone) this.#cookies.delete(key);
    else this.#cookies.set(key, { pair, path });
  }
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

export const pageName = ({ body }: Answer): string | undefined => /data-page="([^"]*)"/.exec(body)?.[1];
