import { Controller, Get, Param, Req, Res, UseFilters } from '@nestjs/common';
import { configuredName } from '@gatehouse/contracts/fields';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IssuerUrls } from '../http/issuer-urls.js';
import { show } from '../http/reply.js';
import { PageErrorFilter } from '../http/page-error.filter.js';
import { ReceiveLeg } from './receive-leg.flow.js';

/** Where providers send the browser back to: each has a callback of its own, and there is one that several may share. */
@Controller('oauth/callback')
@UseFilters(PageErrorFilter)
export class CallbackController {
  constructor(
    private readonly legs: ReceiveLeg,
    private readonly urls: IssuerUrls,
  ) {}

  @Get()
  async common(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#receive(request, reply, {});
  }

  @Get(':callback')
  async own(
    @Param('callback') callback: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const parsed = configuredName.safeParse(callback);
    // One spelling: what was registered, not what can be decoded to it.
    if (!parsed.success || !pathOf(request).endsWith(`/${parsed.data}`))
      throw new GatehouseError('callback_unknown', 'a callback of nobody');
    await this.#receive(request, reply, { callback: parsed.data });
  }

  async #receive(
    request: FastifyRequest,
    reply: FastifyReply,
    by: { readonly callback?: string },
  ): Promise<void> {
    if (isLookingAhead(request)) {
      void reply.code(503).header('cache-control', 'no-store').send('');
      return;
    }
    const query = request.url.split('?').slice(1).join('?');
    const { attempt, uid } = await this.legs.receive({ query, ...by }, request.headers.cookie);
    // The address with the code leaves the history, and the page of the attempt says what is next.
    const path = attempt.state.kind === 'sign-in' ? `/sign-in/${uid}` : `/connect/attempt/${attempt.id}`;
    show(reply, { kind: 'redirect', status: 303, location: this.urls.path(path) });
  }
}

/** A link scanner or a prefetching browser: a code works once, so it is kept for whoever really comes. */
const isLookingAhead = ({ method, headers }: FastifyRequest): boolean =>
  method === 'HEAD' || [headers['sec-purpose'], headers['purpose']].some((why) => why?.includes('prefetch'));

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';
