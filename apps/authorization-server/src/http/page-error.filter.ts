import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { randomToken } from '@gatehouse/kernel/ids';
import { isGone } from '@gatehouse/observability/gone-client.filter';
import { Log } from '@gatehouse/observability/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IssuerUrls } from './issuer-urls.js';
import { sendPage } from './reply.js';
import { RequestLimited, sendLimitedPage } from './request-limits.js';
import { errorPage, errorStatus, type WayOn } from '../pages/error-page.js';

const REFERENCE_BYTES = 9;

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
      sendLimitedPage(reply, exception.seconds, this.urls.basePath);
      return;
    }
    if (exception instanceof HttpException) {
      void reply.code(exception.getStatus()).send(exception.getResponse());
      return;
    }
    const error = GatehouseError.from(exception);
    // The vault's own reference finds its line, too.
    const { reference = randomToken(REFERENCE_BYTES) } = error.details;
    this.log.failure('page-failed', error, { page: request.routeOptions.url, reference });
    const page = errorPage(error.code, this.urls.basePath, this.#wayOn(error, request), reference);
    sendPage(reply, page, { status: errorStatus(error.code, error.facts.owner) });
  }

  #wayOn(error: GatehouseError, { method, url, routeOptions }: FastifyRequest): WayOn | undefined {
    const route = routeOptions.url ?? '';
    // A visit of the connect page can begin again here. A sign-in begins in its client only.
    if (error.code === 'attempt_wrong_browser' && route.startsWith('/connect/'))
      return { href: this.urls.path('/connections'), label: 'Your connections' };
    // A callback's address carries a code, which is used up and must not stand in a page.
    const canRetry = error.facts.owner === 'capacity' && method === 'GET' && !route.includes('/callback');
    return canRetry ? { href: this.urls.path(url), label: 'Try again' } : undefined;
  }
}
