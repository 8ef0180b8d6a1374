import type { Clock } from '@gatehouse/kernel/clock';
import { countedWarning } from '@gatehouse/observability/counted-warning';
import type { Log } from '@gatehouse/observability/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { callerBehind, type CallerOf } from './caller.js';
import { errorPage } from '../pages/error-page.js';
import type { IssuerUrls } from './issuer-urls.js';
import { RateLimiter } from './rate-limit.js';
import { sendPage, sendProtocolError } from './reply.js';

/**
 * Generous for people, for offices behind one address, and for hosted clients that refresh for many from one; what they
 * bound is a script.
 */
const LIMITS = {
  /** What begins a sign-in or a leg of one. */
  authorize: { burst: 120, perSecond: 10 },
  register: { burst: 60, perSecond: 2 },
  token: { burst: 300, perSecond: 30 },
  revoke: { burst: 60, perSecond: 5 },
  document: { burst: 600, perSecond: 50 },
  page: { burst: 600, perSecond: 40 },
} as const;

type Kind = keyof typeof LIMITS;

/** Where people are, who get a page; all others are programs. */
const PAGES: ReadonlySet<Kind> = new Set(['authorize', 'page']);

const ENDPOINTS: Readonly<Record<string, Kind>> = {
  '/oauth/authorize': 'authorize',
  '/oauth/begin': 'authorize',
  '/oauth/register': 'register',
  '/oauth/token': 'token',
  '/oauth/revoke': 'revoke',
};

/** Asked by whoever watches over the service, often, and cheap. */
const UNLIMITED = new Set(['/healthz']);

/** Every route has a limit, those that do not exist included. */
export function kindOf(url: string): Kind | undefined {
  const [path = ''] = url.split('?');
  if (UNLIMITED.has(path)) return undefined;
  return ENDPOINTS[path] ?? (path.startsWith('/.well-known/') ? 'document' : 'page');
}

/** Whether whoever asks there is a person with a browser. */
export function isForPeople(url: string): boolean {
  const kind = kindOf(url);
  return kind !== undefined && PAGES.has(kind);
}

/** Requests that cost us work before anybody has signed in, counted by caller. */
export class RequestLimits {
  readonly #limiters: Readonly<Record<Kind, RateLimiter>>;
  readonly #warnings: Readonly<Record<Kind, () => void>>;
  readonly #callerOf: CallerOf;

  constructor(
    { trustedProxies }: Pick<AuthorizationServerPart, 'trustedProxies'>,
    private readonly urls: IssuerUrls,
    log: Log,
    clock: Clock,
  ) {
    this.#callerOf = callerBehind(trustedProxies);
    this.#limiters = forEachKind((kind) => new RateLimiter(LIMITS[kind], clock));
    this.#warnings = forEachKind((kind) => countedWarning(log, 'request-limited', { kind }));
  }

  /** Answers 429 and returns true when the caller has to wait. */
  refuses(kind: Kind, request: FastifyRequest, reply: FastifyReply): boolean {
    const seconds = this.#limiters[kind].waitSeconds(this.#callerOf(request.raw));
    if (seconds === 0) return false;
    this.#warnings[kind]();
    void reply.header('retry-after', String(seconds));
    if (PAGES.has(kind)) sendPage(reply, errorPage('busy', this.urls.basePath), { status: 429 });
    else
      sendProtocolError(request, reply, 429, {
        error: 'temporarily_unavailable',
        error_description: `Too many requests. Try again in ${seconds} s.`,
      });
    return true;
  }

  /** Fastify's hook: before a request's body is read. */
  readonly onRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const kind = kindOf(request.url);
    if (kind === undefined || !this.refuses(kind, request, reply)) done();
  };
}

function forEachKind<Value>(make: (kind: Kind) => Value): Readonly<Record<Kind, Value>> {
  return {
    authorize: make('authorize'),
    register: make('register'),
    token: make('token'),
    revoke: make('revoke'),
    document: make('document'),
    page: make('page'),
  };
}
