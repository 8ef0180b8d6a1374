import { Inject, Injectable } from '@nestjs/common';
import { systemClock } from '@gatehouse/kernel/clock';
import { Log } from '@gatehouse/observability/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config.js';
import { callerBehind, type CallerOf } from './caller.js';
import { errorPage } from '../pages/error-page.js';
import { IssuerUrls } from './issuer-urls.js';
import { RateLimiter } from './rate-limit.js';
import { sendPage } from './reply.js';

/** Generous for people and for offices behind one address; what they bound is a script. */
const LIMITS = {
  authorize: { burst: 120, perSecond: 10 },
  register: { burst: 60, perSecond: 2 },
} as const;

/** Requests that cost us work before anybody has signed in, counted by caller. */
@Injectable()
export class RequestLimits {
  readonly #limiters = {
    authorize: new RateLimiter(LIMITS.authorize, systemClock),
    register: new RateLimiter(LIMITS.register, systemClock),
  };

  readonly #callerOf: CallerOf;

  constructor(
    @Inject(CONFIG) { trustedProxies }: Config,
    private readonly urls: IssuerUrls,
    private readonly log: Log,
  ) {
    this.#callerOf = callerBehind(trustedProxies);
  }

  /** Answers 429 and returns true when the caller has to wait. */
  refuses(kind: keyof typeof LIMITS, request: FastifyRequest, reply: FastifyReply): boolean {
    const seconds = this.#limiters[kind].waitSeconds(this.#callerOf(request.raw));
    if (seconds === 0) return false;
    this.log.warn('request-limited', { kind });
    void reply.header('retry-after', String(seconds));
    // Where to authorize is where people are; only programs register.
    if (kind === 'authorize') sendPage(reply, errorPage('busy', this.urls.basePath), { status: 429 });
    else
      void reply
        .code(429)
        .header('cache-control', 'no-store')
        .send({
          error: 'temporarily_unavailable',
          error_description: `Too many requests. Try again in ${seconds} s.`,
        });
    return true;
  }
}
