/** A person with a browser of their own: keeps cookies, fills in the provider's forms, and stops at our callback. */
export class PersonAtBrowser {
  readonly #cookies = new Map<string, string>();

  constructor(
    private readonly login: string,
    private readonly decision: 'agree' | 'deny' = 'agree',
  ) {}

  /** @returns the query that the provider sends the browser back with */
  async callbackQuery(authorizationUrl: string): Promise<string> {
    const callbackUrl = new URL(authorizationUrl).searchParams.get('redirect_uri') ?? '';
    let response = await this.#request(authorizationUrl);
    for (let step = 0; step < 20; step += 1) {
      const location = response.headers.get('location');
      if (location !== null) {
        const next = new URL(location, response.url);
        if (next.href.startsWith(`${callbackUrl}?`)) return next.search.slice(1);
        response = await this.#request(next.href);
      } else {
        response = await this.#submit(response.url, await response.text());
      }
    }
    throw new Error('the provider never sent the browser back');
  }

  async #submit(pageUrl: string, page: string): Promise<Response> {
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
    if (action === undefined) throw new Error(`a page without a form at ${pageUrl}`);
    const isLogin = page.includes('name="password"');
    const agreement = isLogin ? 'sign-in' : 'allow';
    return await this.#request(new URL(action, pageUrl).href, {
      decision: this.decision === 'deny' ? 'deny' : agreement,
      ...(isLogin ? { login: this.login, password: 'demo' } : {}),
    });
  }

  async #request(url: string, form?: Record<string, string>): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.#cookies.set(name, value);
    }
    return response;
  }
}
