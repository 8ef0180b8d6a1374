import { Controller, Get, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readForm } from '../http/form-body.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { show } from '../http/reply.js';
import { PageErrorFilter } from '../http/page-error.filter.js';
import { AnswerSignIn } from './answer-sign-in.flow.js';
import { ShowSignIn } from './show-sign-in.flow.js';

@Controller('sign-in/:uid')
@UseFilters(PageErrorFilter)
export class SignInController {
  constructor(
    private readonly page: ShowSignIn,
    private readonly answers: AnswerSignIn,
    private readonly urls: IssuerUrls,
  ) {}

  @Get()
  async show(
    @Param('uid') uid: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    show(reply, await this.page.show({ request: request.raw, response: reply.raw }, uid));
  }

  @Post()
  async answer(
    @Param('uid') uid: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const form = readForm(request.body, request.headers['content-type']);
    const exchange = { request: request.raw, response: reply.raw };
    const location = (await this.answers.answer(exchange, uid, form)) ?? this.urls.path(`/sign-in/${uid}`);
    show(reply, { kind: 'redirect', status: 303, location });
  }
}
