import { Controller, Get, Param, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readForm } from '../http/form-body.js';
import { RequestLimits } from '../http/request-limits.js';
import { show } from '../http/reply.js';
import { PageErrorFilter } from '../http/page-error.filter.js';
import { ContinueConnect } from './continue-connect.flow.js';
import { OpenConnect } from './open-connect.flow.js';

/** The page behind the link that a client shows when a provider is missing, and its way through the provider. */
@Controller('connect')
@UseFilters(PageErrorFilter)
export class ConnectController {
  constructor(
    private readonly opening: OpenConnect,
    private readonly continuing: ContinueConnect,
    private readonly limits: RequestLimits,
  ) {}

  @Get(':provider')
  async open(
    @Param('provider') provider: string,
    @Query('session') tsid: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const exchange = { request: request.raw, response: reply.raw };
    show(reply, await this.opening.page(exchange, { provider, tsid: stringOf(tsid) }));
  }

  @Post(':provider')
  async begin(
    @Param('provider') provider: string,
    @Query('session') tsid: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (this.limits.refuses('authorize', request, reply)) return;
    const form = readForm(request.body, request.headers['content-type']);
    const exchange = { request: request.raw, response: reply.raw };
    show(reply, await this.opening.begin(exchange, { provider, tsid: stringOf(tsid) }, form));
  }

  @Get('attempt/:id')
  async proceed(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // It sends the browser to a provider, which is a new leg at the vault each time.
    if (this.limits.refuses('authorize', request, reply)) return;
    show(reply, await this.continuing.proceed({ request: request.raw, response: reply.raw }, id));
  }

  @Post('attempt/:id')
  async answer(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const form = readForm(request.body, request.headers['content-type']);
    show(reply, await this.continuing.answer(id, request.headers.cookie, form));
  }
}

const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
