/** What a person sees and does at the providers' pages. */
export interface Visitor {
  readonly login: string;
  readonly password?: string;
  readonly consent?: 'allow' | 'deny';
}

export interface Visit {
  /** The query of the redirect back to the client. */
  readonly answer: URLSearchParams;
  /** The pages that were shown, in order. */
  readonly pages: readonly string[];
}

/** A browser without scripts: follows redirects, keeps cookies per origin, fills in the two forms. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Opens `start` and goes on until `callback` is reached or a page cannot be answered. */
  async visit(start: URL, callback: string, visitor: Visitor): Promise<Visit> {
    const pages: string[] = [];
    let url = start;
    let response = await this.#request(url, 'GET');
    for (let step = 0; step < 12; step += 1) {
      const location = response.headers.get('location');
      if (location !== null) {
        url = new URL(location, url);
        if (url.href.startsWith(callback)) return { answer: url.searchParams, pages };
        response = await this.#request(url, 'GET');
        continue;
      }
      const markup = await response.text();
      const page = /data-page="(\w+)"/.exec(markup)?.[1] ?? 'unknown';
      pages.push(page);
      const action = /<form method="post" action="([^"]+)"/.exec(markup)?.[1];
      if (action === undefined || pages.filter((seen) => seen === page).length > 1)
        return { answer: new URLSearchParams({ stopped: markup }), pages };
      url = new URL(action, url);
      response = await this.#request(url, 'POST', fillIn(page, visitor));
    }
    throw new Error('the sign-in goes in circles');
  }

  async #request(url: URL, method: string, form?: URLSearchParams): Promise<Response> {
    const jar = this.#cookies.get(url.origin) ?? new Map<string, string>();
    this.#cookies.set(url.origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', cookie };
    const response = await fetch(url, { method, headers, redirect: 'manual', ...(form && { body: form }) });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) jar.set(name, value);
    }
    return response;
  }
}

const fillIn = (page: string, visitor: Visitor): URLSearchParams =>
  new URLSearchParams(
    page === 'login'
      ? { login: visitor.login, password: visitor.password ?? 'demo', decision: 'sign-in' }
      : { decision: visitor.consent ?? 'allow' },
  );
