import { Controller, Get, Post, Req, Res, UseFilters } from '@nestjs/common';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { Log } from '@gatehouse/observability/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IssuerUrls } from '../http/issuer-urls.js';
import { PageErrorFilter } from '../http/page-error.filter.js';
import { bodyOf, sendPage } from '../http/reply.js';
import { formOf } from '../oauth-endpoints/library-answers.js';
import { protocolErrorPage } from '../oauth-endpoints/protocol-error-page.js';
import { CheckLogout } from './check-logout.flow.js';
import { LogoutResponses } from './logout-responses.js';
import { LogoutTickets } from './logout-tickets.js';

/**
 * Where a client sends its person to sign out (OpenID Connect RP-Initiated Logout 1.0, section 2). The library has a page of its own,
 * which signs everybody out of the gateway's cookie and knows nothing of our sessions.
 */
@Controller('oauth/end-session')
@UseFilters(PageErrorFilter)
export class EndSessionController {
  constructor(
    private readonly checking: CheckLogout,
    private readonly tickets: LogoutTickets,
    private readonly responses: LogoutResponses,
    private readonly urls: IssuerUrls,
    private readonly log: Log,
  ) {}

  @Get()
  async byAddress(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answer(new URLSearchParams(request.url.split('?').slice(1).join('?')), reply);
  }

  /** The browser goes on by a `GET`: with a form of another site it sends no cookie that is `Lax`. */
  @Post()
  async byForm(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answer(formOf(request) ?? new URLSearchParams(), reply);
  }

  async #answer(asked: URLSearchParams, reply: FastifyReply): Promise<void> {
    const checked = await this.checking.check(asked);
    if (checked.kind === 'wanted') {
      await reply.send(bodyOf(reply, this.responses.toQuestion(this.tickets.issue(checked.logout))));
      return;
    }
    const { error, why } = checked;
    const reference = newReference();
    this.log.info('protocol-request-refused', {
      endpoint: 'end-session',
      errorCode: error,
      detail: why,
      reference,
    });
    const page = protocolErrorPage({ error, error_description: why }, this.urls.site, { reference });
    sendPage(reply, page, { status: 400 });
  }
}
