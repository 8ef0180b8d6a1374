import type { Clock } from '@gatehouse/kernel/clock';
import { countedWarning } from '@gatehouse/observability/counted-warning';
import type { Log } from '@gatehouse/observability/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { PROVIDER_LOGOUT_PATH } from '@gatehouse/config/urls/callbacks';
import { CLIENT_METADATA_PATH } from '@gatehouse/config/urls/upstream-client';
import { callerBehind, type CallerOf } from '@gatehouse/service-process/trusted-proxies';
import { Cors, type CorsSettings } from './cors.js';
import { errorPage } from '../pages/error-page.js';
import type { IssuerUrls } from './issuer-urls.js';
import { RateLimiter } from './rate-limit.js';
import { sendPage, sendProtocolError } from './reply.js';
import type { Site } from '../pages/site.js';

/**
 * People, offices behind one address, and hosted clients that refresh for many people stay far below these. A script does
 * not.
 */
const LIMITS = {
  /** What begins a sign-in or a leg of one. */
  authorize: { burst: 120, perSecond: 10 },
  register: { burst: 60, perSecond: 2 },
  token: { burst: 300, perSecond: 30 },
  revoke: { burst: 60, perSecond: 5 },
  /** Each leaves a row, and anybody has a client. */
  device: { burst: 60, perSecond: 2 },
  /** RFC 8628, section 5.1: of somebody who tries codes that others are shown. */
  userCode: { burst: 20, perSecond: 0.2 },
  /** Of an API that asks about each of its callers. */
  introspect: { burst: 600, perSecond: 100 },
  userinfo: { burst: 300, perSecond: 30 },
  /** Of a provider that tells of many people at once. */
  logout: { burst: 300, perSecond: 30 },
  document: { burst: 600, perSecond: 50 },
  page: { burst: 600, perSecond: 40 },
} as const;

export type LimitedKind = keyof typeof LIMITS;

/** People call these, and get a page. Programs call the others. */
const PAGES: ReadonlySet<LimitedKind> = new Set(['authorize', 'page']);

const ENDPOINTS: Readonly<Record<string, LimitedKind>> = {
  '/oauth/authorize': 'authorize',
  '/oauth/begin': 'authorize',
  '/oauth/register': 'register',
  '/oauth/token': 'token',
  '/oauth/par': 'token',
  '/oauth/revoke': 'revoke',
  '/oauth/device_authorization': 'device',
  '/oauth/introspect': 'introspect',
  '/oauth/userinfo': 'userinfo',
};

const FOLDERS: readonly (readonly [string, LimitedKind])[] = [
  ['/.well-known/', 'document'],
  ['/oauth/register/', 'token'],
  [`${CLIENT_METADATA_PATH}/`, 'document'],
  [`${PROVIDER_LOGOUT_PATH}/`, 'logout'],
];

/** Probes ask often, and the response costs nothing. */
const UNLIMITED = new Set(['/healthz']);

/** Every path has a limit, even one without a route. */
export function kindOf(url: string): LimitedKind | undefined {
  const [path = ''] = url.split('?');
  if (UNLIMITED.has(path)) return undefined;
  return ENDPOINTS[path] ?? FOLDERS.find(([folder]) => path.startsWith(folder))?.[1] ?? 'page';
}

/** Whether people with a browser call this path. */
export function isForPeople(url: string): boolean {
  const kind = kindOf(url);
  return kind !== undefined && PAGES.has(kind);
}

/** Counts requests by caller, because they cost work before anybody has signed in. */
export class RequestLimits {
  readonly #limiters: Readonly<Record<LimitedKind, RateLimiter>>;
  readonly #warnings: Readonly<Record<LimitedKind, () => void>>;
  readonly #callerOf: CallerOf;
  readonly #cors: Cors;

  constructor(
    config: CorsSettings & Pick<AuthorizationServerPart, 'trustedProxies'>,
    private readonly urls: IssuerUrls,
    log: Log,
    clock: Clock,
  ) {
    this.#callerOf = callerBehind(config.trustedProxies);
    this.#cors = new Cors(config);
    this.#limiters = forEachKind((kind) => new RateLimiter(LIMITS[kind], clock));
    this.#warnings = forEachKind((kind) => countedWarning(log, 'request-limited', { kind }));
  }

  /** Counts a request. @returns how long its caller has to wait; 0 when it may go on. */
  waitSeconds(kind: LimitedKind, request: FastifyRequest): number {
    const seconds = this.#limiters[kind].waitSeconds(this.#callerOf(request.raw));
    if (seconds > 0) this.#warnings[kind]();
    return seconds;
  }

  /** Fastify's hook: before a request's body is read. */
  readonly onRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const kind = kindOf(request.url);
    const seconds = kind === undefined ? 0 : this.waitSeconds(kind, request);
    if (kind === undefined || seconds === 0) done();
    else if (PAGES.has(kind)) sendLimitedPage(reply, seconds, this.urls.site);
    else sendLimited(reply, seconds, this.#cors.headers(request.headers.origin));
  };
}

/** The caller has sent too much, and may come back after some seconds. */
export class RequestLimited extends Error {
  override readonly name = 'RequestLimited';

  constructor(readonly seconds: number) {
    super('too many requests');
  }
}

/** For programs. */
export function sendLimited(
  reply: FastifyReply,
  seconds: number,
  cors: Readonly<Record<string, string>>,
): void {
  void reply.header('retry-after', String(seconds));
  const error_description = `Too many requests. Try again in ${seconds} s.`;
  sendProtocolError(reply, 429, { error: 'temporarily_unavailable', error_description }, cors);
}

export function sendLimitedPage(reply: FastifyReply, seconds: number, site: Site): void {
  void reply.header('retry-after', String(seconds));
  sendPage(reply, errorPage('busy', site), { status: 429 });
}

function forEachKind<Value>(make: (kind: LimitedKind) => Value): Readonly<Record<LimitedKind, Value>> {
  return {
    authorize: make('authorize'),
    register: make('register'),
    token: make('token'),
    revoke: make('revoke'),
    device: make('device'),
    userCode: make('userCode'),
    introspect: make('introspect'),
    userinfo: make('userinfo'),
    logout: make('logout'),
    document: make('document'),
    page: make('page'),
  };
}
