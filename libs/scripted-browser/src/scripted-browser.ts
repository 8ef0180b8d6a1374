import { CookieJar } from 'tough-cookie';
import { Agent, request } from 'undici';
import { fillForm, type ButtonChoice, type FieldValues, type Form } from './form.js';
import { readPage, type Page } from './page.js';
import { sameSiteOf } from './same-site.js';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface ScriptedBrowserOptions {
  /** A navigation that would lead to such a URL ends there instead: the URL is handed back, not requested. */
  readonly stopAt?: (url: URL) => boolean;
  /** Cookies to begin with and to share; default: none. */
  readonly jar?: CookieJar;
  /** Default 20, as browsers do. */
  readonly maxRedirects?: number;
  /** Of each request; default 15 s. */
  readonly timeoutMs?: number;
  /** Sent with every request, for example `accept-language`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a navigation ended: on a page, or at a URL that {@link ScriptedBrowserOptions.stopAt} names. */
export type Landing =
  { readonly kind: 'page'; readonly page: Page } | { readonly kind: 'stopped'; readonly url: string };

export interface SubmitChoice {
  /** Default: the only form of the page, or the only one that has all the fields and the button. */
  readonly form?: Form;
  readonly fields?: FieldValues;
  readonly button?: ButtonChoice;
}

interface Navigation {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body: string | undefined;
}

/**
 * A browser without a screen: keeps cookies by the rules of browsers (SameSite included), follows redirects one by one,
 * leaves a page that says so at once, fills forms and presses buttons by the names a page gives them. It runs no scripts.
 */
export class ScriptedBrowser {
  readonly jar: CookieJar;
  /** Every URL requested, in order; the trail that a test reads. */
  readonly visited: string[] = [];
  readonly #options: ScriptedBrowserOptions;
  readonly #agent = new Agent();
  #page: Page | undefined;

  constructor(options: ScriptedBrowserOptions = {}) {
    this.#options = options;
    this.jar = options.jar ?? new CookieJar();
  }

  /** The page now shown. */
  get page(): Page {
    if (this.#page === undefined) throw new Error('no page was opened yet');
    return this.#page;
  }

  /** Goes to an address as if it had been typed. */
  open(url: string | URL): Promise<Landing> {
    return this.#navigate({ method: 'GET', url: String(url), body: undefined }, undefined);
  }

  /** Follows a link of the page by its text. */
  async follow(linkText: string): Promise<Landing> {
    const link = this.page.links.find(({ text }) => text === linkText);
    if (link === undefined) {
      const known = this.page.links.map(({ text }) => text).join(', ');
      throw new Error(`${this.page.url} has no link "${linkText}" (it has ${known || 'none'})`);
    }
    return this.#navigate({ method: 'GET', url: link.url, body: undefined }, this.page);
  }

  /** Fills a form of the page and sends it. */
  async submit(choice: SubmitChoice = {}): Promise<Landing> {
    const { fields = {}, button } = choice;
    return this.#navigate(fillForm(choice.form ?? this.#onlyForm(choice), fields, button), this.page);
  }

  /** Closes kept connections. */
  close(): Promise<void> {
    return this.#agent.close();
  }

  #onlyForm({ fields = {}, button }: SubmitChoice): Form {
    const fitting = this.page.forms.filter((form) => {
      try {
        fillForm(form, fields, button);
        return true;
      } catch {
        return false;
      }
    });
    const [form] = fitting;
    if (form !== undefined && fitting.length === 1) return form;
    // One form that does not fit: let its own complaint be heard.
    const [first] = this.page.forms;
    if (fitting.length === 0 && first !== undefined && this.page.forms.length === 1) return first;
    throw new Error(
      `${this.page.url} (status ${this.page.status}) has ${fitting.length} forms that fit; "${this.page.text.slice(0, 200)}"`,
    );
  }

  async #navigate(first: Navigation, from: Page | undefined): Promise<Landing> {
    const landing = await this.#land(first, from);
    const onward = landing.kind === 'page' ? leavesFor(landing.page) : undefined;
    // Another navigation: redirects are counted anew.
    return landing.kind !== 'page' || onward === undefined
      ? landing
      : await this.#navigate({ method: 'GET', url: onward, body: undefined }, landing.page);
  }

  async #land(first: Navigation, from: Page | undefined): Promise<Landing> {
    const chain = from === undefined ? [] : [from.url];
    let next = first;
    for (let hops = 0; hops <= (this.#options.maxRedirects ?? 20); hops += 1) {
      const url = new URL(next.url);
      if (this.#options.stopAt?.(url) === true) return { kind: 'stopped', url: url.href };
      if (url.protocol !== 'http:' && url.protocol !== 'https:')
        throw new Error(`cannot open ${url.protocol} addresses`);
      url.hash = '';
      chain.push(url.href);
      const answer = await this.#send({ ...next, url: url.href }, chain, from);
      const location = answer.headers['location'];
      if (!REDIRECTS.has(answer.status) || location === undefined) {
        this.#page = readPage({ ...answer, url: url.href });
        return { kind: 'page', page: this.#page };
      }
      next = redirected(next, answer.status, new URL(location, url).href);
    }
    throw new Error(`too many redirects, last to ${new URL(next.url).origin}`);
  }

  async #send(navigation: Navigation, chain: readonly string[], from: Page | undefined) {
    const { method, url, body } = navigation;
    const sameSiteContext = sameSiteOf(chain, method);
    const cookie = await this.jar.getCookieString(url, { sameSiteContext });
    this.visited.push(url);
    const timeoutMs = this.#options.timeoutMs ?? 15_000;
    const answer = await request(url, {
      method,
      body: body ?? null,
      dispatcher: this.#agent,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      headers: {
        accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
        'user-agent': 'gatehouse-scripted-browser',
        'sec-fetch-dest': 'document',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-site': fetchSite(chain, sameSiteContext),
        ...this.#options.headers,
        ...(cookie === '' ? {} : { cookie }),
        ...(method === 'POST'
          ? { 'content-type': 'application/x-www-form-urlencoded', origin: originOf(chain, from) }
          : {}),
      },
    });
    const setCookies = [answer.headers['set-cookie'] ?? []].flat();
    for (const line of setCookies) {
      // A cookie that a browser would drop (foreign domain, broken prefix) is dropped here too.
      await this.jar.setCookie(line, url, { sameSiteContext, ignoreError: true });
    }
    return { status: answer.statusCode, headers: flat(answer.headers), body: await answer.body.text() };
  }
}

/** HTML, the `refresh` header: where a page sends its reader at once. */
function leavesFor({ headers, url }: Page): string | undefined {
  const to = /^0\s*[;,]\s*url=(.+)$/i.exec(headers['refresh'] ?? '')?.[1];
  return to === undefined ? undefined : new URL(to, url).href;
}

/** Fetch, HTTP-redirect fetch: 303 always and 301/302 after POST continue with GET; 307 and 308 repeat the request. */
function redirected(navigation: Navigation, status: number, url: string): Navigation {
  const repeats = status === 307 || status === 308 || navigation.method === 'GET';
  return repeats ? { ...navigation, url } : { method: 'GET', url, body: undefined };
}

function fetchSite(chain: readonly string[], sameSite: string): string {
  if (chain.length === 1) return 'none';
  if (sameSite !== 'strict') return 'cross-site';
  return new Set(chain.map((url) => new URL(url).origin)).size === 1 ? 'same-origin' : 'same-site';
}

/** Fetch, "append a request Origin header": a page that forbids referrers, or a foreign hop, makes the origin `null`. */
function originOf(chain: readonly string[], from: Page | undefined): string {
  if (from === undefined) return 'null';
  const policy = (from.headers['referrer-policy'] ?? '').split(',').at(-1)?.trim();
  const origins = new Set(chain.slice(1).map((url) => new URL(url).origin));
  return policy === 'no-referrer' || origins.size > 1 ? 'null' : new URL(from.url).origin;
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
