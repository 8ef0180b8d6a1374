import { Controller, Get, Post, Req, Res, UseFilters } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readForm } from '../http/form-body.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { RequestLimits } from '../http/request-limits.js';
import { sendPage, show } from '../http/reply.js';
import { PageErrorFilter } from '../http/page-error.filter.js';
import type { Exchange } from '../http/exchange.js';
import { BrowserSessions } from '../oauth-endpoints/browser-sessions.flow.js';
import { signedOutPage } from './connections-page.js';
import { ManageConnections } from './manage-connections.flow.js';
import { StartConnect } from './start-connect.flow.js';

@Controller('connections')
@UseFilters(PageErrorFilter)
export class ConnectionsController {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly connections: ManageConnections,
    private readonly start: StartConnect,
    private readonly urls: IssuerUrls,
    private readonly limits: RequestLimits,
  ) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const browser = await this.browsers.current(exchangeOf(request, reply));
    sendPage(
      reply,
      browser === undefined ? signedOutPage(this.urls.basePath) : await this.connections.page(browser),
    );
  }

  @Get('sign-in')
  async signIn(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (this.limits.refuses('authorize', request, reply)) return;
    show(reply, await this.start.signIn(request.headers.cookie));
  }

  @Post()
  async change(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const form = readForm(request.body, request.headers['content-type']);
    const exchange = exchangeOf(request, reply);
    const browser = await this.browsers.current(exchange);
    if (browser === undefined) throw new GatehouseError('not_allowed', 'no browser session');
    const { leaves } = await this.connections.change(browser, form);
    if (leaves) await this.browsers.signOut(exchange);
    show(reply, { kind: 'redirect', status: 303, location: this.urls.path('/connections') });
  }
}

const exchangeOf = (request: FastifyRequest, reply: FastifyReply): Exchange => ({
  request: request.raw,
  response: reply.raw,
});
