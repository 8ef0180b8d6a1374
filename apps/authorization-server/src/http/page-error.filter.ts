import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { referenceOf } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { isGone } from '@gatehouse/observability/gone-client.filter';
import { Log } from '@gatehouse/observability/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IssuerUrls } from './issuer-urls.js';
import { sendPage } from './reply.js';
import { RequestLimited, sendLimitedPage } from './request-limits.js';
import { errorPage, errorStatus, type WayOn } from '../pages/error-page.js';
import { t } from '../pages/html.js';

/** Errors of our pages become a page that says what happened and what to do; the internal text stays in the log. */
@Catch()
export class PageErrorFilter implements ExceptionFilter {
  constructor(
    private readonly urls: IssuerUrls,
    private readonly log: Log,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    if (isGone(request.raw)) return;
    if (exception instanceof RequestLimited) {
      sendLimitedPage(reply, exception.seconds, this.urls.site);
      return;
    }
    if (exception instanceof HttpException) {
      void reply.code(exception.getStatus()).send(exception.getResponse());
      return;
    }
    const error = GatehouseError.from(exception);
    const reference = referenceOf(error);
    this.log.failure('page-failed', error, { page: request.routeOptions.url, reference });
    const page = errorPage(error.code, this.urls.site, this.#wayOn(error, request), reference);
    sendPage(reply, page, { status: errorStatus(error.code, error.facts.owner) });
  }

  /** Pages whose own flows know more say it themselves (attempts/callback-pages.ts). */
  #wayOn({ code, facts }: GatehouseError, { method, url, routeOptions }: FastifyRequest): WayOn | undefined {
    // A callback's address carries a code, which must not stand in a page.
    if (routeOptions.url?.includes('/callback') === true) return undefined;
    const here = this.urls.path(url);
    if (facts.owner === 'capacity') return { href: here, label: t`Try again` };
    // The address of each form is the address of its page.
    if (method === 'POST' && FORM_CODES.has(code)) return { href: here, label: t`Show the page again` };
    return ENDED.has(code) ? { href: this.urls.path('/connections'), label: t`Your connections` } : undefined;
  }
}

const FORM_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['not_allowed', 'request_invalid']);
/** A sign-in begins in its client. Everything else begins at the connections. */
const ENDED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['attempt_unknown', 'attempt_wrong_browser']);
