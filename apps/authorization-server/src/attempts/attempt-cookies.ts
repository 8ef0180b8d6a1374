import { createHmac } from 'node:crypto';
import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Secret } from '@gatehouse/kernel/secret';
import { cookieName, readCookie, removeCookie, setCookie, soleCookies } from '../http/cookies.js';
import { REQUEST_TTL_MS } from './attempt.js';

const LIFETIME_SECONDS = REQUEST_TTL_MS / SECOND_MS;
/**
 * More attempts than anybody has open at once. Without a bound the cookies of old ones pile up until the browser's headers
 * exceed what Node reads (16 KiB), and every page of ours answers 431.
 */
const MAX_ATTEMPTS_IN_ONE_BROWSER = 16;
const NAME = /^(?:__Host-)?gh-signin-(?<id>[A-Za-z0-9_-]{16,64})$/;

/** A browser that showed the cookie of an attempt. */
export interface AttemptBrowser {
  /** The uid of the authorization request; of a visit of the connect page the attempt's own id. */
  readonly id: string;
  /** What the attempt and the vault know of the cookie. */
  readonly binding: string;
}

/**
 * Binds an attempt to the browser that began it. The cookie is made once, with the attempt, and never again: a browser
 * without it was not shown what was approved. Its value is a MAC, so it needs no row. On https its name begins with
 * `__Host-`, so that no other host of the domain can put one there (RFC 6265bis, section 4.1.3.2).
 */
export class AttemptCookies {
  constructor(
    private readonly key: Secret,
    private readonly secure: boolean,
  ) {}

  /**
   * For the one browser that begins the attempt, in the answer to the request that begins it.
   * @param header its `Cookie` header: the oldest of the attempts that it left behind lose theirs
   * @returns lines of `Set-Cookie`
   */
  begin(id: string, header: string | undefined): readonly string[] {
    const own = this.#name(id);
    const others = soleCookies(header)
      .map(({ name }) => name)
      .filter((name) => name !== own && NAME.test(name));
    const surplus = others.slice(0, Math.max(0, others.length + 1 - MAX_ATTEMPTS_IN_ONE_BROWSER));
    return [
      setCookie(own, this.#value(id), { secure: this.secure, maxAgeSeconds: LIFETIME_SECONDS }),
      ...surplus.map((name) => removeCookie(name, this.secure)),
    ];
  }

  /** @returns `undefined` for a browser that did not begin this attempt. */
  of(id: string, header: string | undefined): AttemptBrowser | undefined {
    const shown = readCookie(header, this.#name(id));
    return shown !== undefined && equalsInConstantTime(shown, this.#value(id))
      ? { id, binding: this.bindingOf(id) }
      : undefined;
  }

  /** The browser of an attempt of which only the binding is known. */
  bound(binding: string | undefined, header: string | undefined): AttemptBrowser | undefined {
    const cookie = soleCookies(header).find(({ value }) => sha256(value) === binding);
    const id = NAME.exec(cookie?.name ?? '')?.groups?.['id'];
    return id === undefined ? undefined : this.of(id, header);
  }

  /** Every attempt that this browser began, as its cookies prove, the latest last (RFC 6265, section 5.4). */
  all(header: string | undefined): readonly AttemptBrowser[] {
    return soleCookies(header).flatMap(({ name }) => {
      const id = NAME.exec(name)?.groups?.['id'];
      const browser = id === undefined ? undefined : this.of(id, header);
      return browser === undefined ? [] : [browser];
    });
  }

  /** @returns lines of `Set-Cookie` for a browser that its person leaves: whoever comes next goes on with nothing of it. */
  removeAll(header: string | undefined): readonly string[] {
    return soleCookies(header).flatMap(({ name }) =>
      NAME.test(name) ? [removeCookie(name, this.secure)] : [],
    );
  }

  bindingOf(id: string): string {
    return sha256(this.#value(id));
  }

  #name(id: string): string {
    return cookieName(`gh-signin-${id}`, this.secure);
  }

  #value(id: string): string {
    return createHmac('sha256', this.key.reveal()).update(`attempt\0${id}`).digest('base64url');
  }
}
