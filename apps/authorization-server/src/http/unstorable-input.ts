import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log } from '@gatehouse/observability/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorPage } from '../pages/error-page.js';
import type { Cors } from './cors.js';
import type { IssuerUrls } from './issuer-urls.js';
import { sendPage, sendProtocolError } from './reply.js';
import { isForPeople } from './request-limits.js';

/** No parameter of a protocol here holds NUL (RFC 6749, appendix A), and Postgres stores none. */
const NUL_ENCODED = '%00';
const FORM = /^application\/x-www-form-urlencoded(;|$)/i;

const holdsNul = ({ url, headers, body }: FastifyRequest): boolean =>
  url.includes(NUL_ENCODED) ||
  (Buffer.isBuffer(body) &&
    (body.includes(0) || (FORM.test(headers['content-type'] ?? '') && body.includes(NUL_ENCODED))));

/** Refuses input that Postgres cannot store. Without this it would fail late, and look like an error of ours. */
export class UnstorableInput {
  constructor(
    private readonly urls: IssuerUrls,
    private readonly cors: Cors,
    private readonly log: Log,
  ) {}

  /** Fastify's hook: when a request's body has been read. */
  readonly preValidation = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (!holdsNul(request)) {
      done();
      return;
    }
    if (isForPeople(request.url)) this.#refuseOnPage(request, reply);
    else
      sendProtocolError(
        reply,
        400,
        { error: 'invalid_request', error_description: 'A parameter holds a NUL character.' },
        this.cors.headers(request.headers.origin),
      );
  };

  #refuseOnPage({ routeOptions }: FastifyRequest, reply: FastifyReply): void {
    const reference = newReference();
    const error = new GatehouseError('request_invalid', 'a parameter holds a NUL character');
    this.log.failure('page-failed', error, { page: routeOptions.url, reference });
    sendPage(reply, errorPage('request_invalid', this.urls.site, undefined, reference), { status: 400 });
  }
}
