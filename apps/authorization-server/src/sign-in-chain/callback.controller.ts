import { Controller, Get, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IssuerUrls } from '../http/issuer-urls.js';
import { show } from '../http/reply.js';
import { PageErrorFilter } from '../pages/page-error.filter.js';
import { ReceiveLeg } from './receive-leg.js';

/** The one callback of all providers. */
@Controller('oauth/callback')
@UseFilters(PageErrorFilter)
export class CallbackController {
  constructor(
    private readonly legs: ReceiveLeg,
    private readonly urls: IssuerUrls,
  ) {}

  @Get()
  async callback(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = request.url.split('?').slice(1).join('?');
    const { attempt, uid } = await this.legs.receive(query, request.headers.cookie);
    // The address with the code leaves the history, and the page of the attempt says what is next.
    const path = attempt.state.kind === 'sign-in' ? `/sign-in/${uid}` : `/connect/attempt/${attempt.id}`;
    show(reply, { kind: 'redirect', status: 303, location: this.urls.path(path) });
  }
}
