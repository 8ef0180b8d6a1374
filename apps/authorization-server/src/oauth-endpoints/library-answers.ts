import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Provider } from 'oidc-provider';
import type { IssuerUrls } from '../http/issuer-urls.js';
import { asSeenByProvider, type SeenRequest } from './node-exchange.js';

/** Lets oidc-provider make the response of a route. */
export class LibraryAnswers {
  readonly #answer: ReturnType<Provider['callback']>;

  constructor(
    provider: Provider,
    private readonly urls: IssuerUrls,
  ) {
    this.#answer = provider.callback();
  }

  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    seen: SeenRequest = { route: request.url },
  ): Promise<void> {
    reply.hijack();
    const body = seen.body ?? bodyOf(request);
    await this.#answer(asSeenByProvider(request.raw, this.urls, { ...seen, body }), reply.raw);
  }
}

export const bodyOf = (request: FastifyRequest): Buffer | undefined =>
  Buffer.isBuffer(request.body) ? request.body : undefined;

/** @returns `undefined` for what is no form. */
export const formOf = (request: FastifyRequest): URLSearchParams | undefined =>
  /^application\/x-www-form-urlencoded(;|$)/i.test(request.headers['content-type'] ?? '')
    ? new URLSearchParams(bodyOf(request)?.toString('utf8') ?? '')
    : undefined;
