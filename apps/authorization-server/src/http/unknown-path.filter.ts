import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import { isGone } from '@gatehouse/observability/gone-client.filter';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { notFoundPage } from '../pages/not-found-page.js';
import type { IssuerUrls } from './issuer-urls.js';
import { prefersPage } from './prefers-page.js';
import { sendPage } from './reply.js';

const PROBLEM_TYPE = 'application/problem+json';

/**
 * Where nothing is: a page for people, a problem document (RFC 9457) for programs. Neither repeats the address, which anybody can
 * make up and send to somebody else.
 */
@Catch(NotFoundException)
export class UnknownPathFilter implements ExceptionFilter<NotFoundException> {
  constructor(private readonly urls: IssuerUrls) {}

  catch(exception: NotFoundException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (isGone(request.raw)) return;
    const reply = http.getResponse<FastifyReply>();
    const status = exception.getStatus();
    // A cache must not give the one what it kept for the other.
    void reply.header('vary', 'Accept');
    if (prefersPage(request.headers.accept)) {
      sendPage(reply, notFoundPage(this.urls.site), { status });
      return;
    }
    const problem = { type: 'about:blank', title: 'Not Found', status, detail: detailOf(request) };
    void reply
      .code(status)
      .headers({
        'content-type': PROBLEM_TYPE,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
      // As bytes: the framework adds a `charset` to a text, and this type has none.
      .send(Buffer.from(JSON.stringify(problem)));
  }
}

/** A route of ours can have nothing of that name. */
const detailOf = ({ routeOptions: { url } }: FastifyRequest): string =>
  url === undefined
    ? 'The authorization server has no endpoint at this path.'
    : 'The authorization server has nothing of this name.';
