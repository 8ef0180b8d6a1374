import { Controller, Get, Param, Post, Query, UseInterceptors } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Browser, PostedForm } from '../http/browser.decorator.js';
import type { Exchange } from '../http/exchange.js';
import { ForPeople } from '../http/for-people.decorator.js';
import { OnlyVisits } from '../http/only-visits.interceptor.js';
import { LimitedAs } from '../http/request-limit.guard.js';
import type { Shown } from '../http/shown.js';
import { AnswerConnect } from './answer-connect.flow.js';
import { CONNECT_ENDS, ConnectResponses } from './connect-responses.js';
import { ContinueConnect } from './continue-connect.flow.js';
import { OpenConnect } from './open-connect.flow.js';
import { OpenSecret } from './open-secret.flow.js';

/** The page behind the link that a client shows when a provider is missing, and its way through the provider. */
@Controller('connect')
@ForPeople()
export class ConnectController {
  constructor(
    private readonly opening: OpenConnect,
    private readonly secrets: OpenSecret,
    private readonly continuing: ContinueConnect,
    private readonly answers: AnswerConnect,
    private readonly responses: ConnectResponses,
  ) {}

  @Get(':provider')
  async open(
    @Param('provider') provider: string,
    @Query('session') tsid: unknown,
    @Browser() browser: Exchange,
  ): Promise<Shown> {
    const asked = { provider, tsid: stringOf(tsid) };
    const secret = this.secrets.named(provider);
    return secret === undefined
      ? await this.opening.page(browser, asked)
      : await this.secrets.page(browser, asked, secret);
  }

  @Post(':provider')
  @LimitedAs('authorize')
  async begin(
    @Param('provider') provider: string,
    @Query('session') tsid: unknown,
    @Browser() browser: Exchange,
    @PostedForm() form: ReadonlyMap<string, string>,
  ): Promise<Shown> {
    const asked = { provider, tsid: stringOf(tsid) };
    const secret = this.secrets.named(provider);
    return secret === undefined
      ? await this.opening.begin(browser, asked, form)
      : await this.secrets.begin(browser, asked, secret, form);
  }

  /** It sends the browser to a provider, which is a new leg at the vault each time. */
  @Get('attempt/:id')
  @LimitedAs('authorize')
  @UseInterceptors(OnlyVisits)
  async proceed(@Param('id') id: string, @Browser() browser: Exchange): Promise<Shown> {
    return await this.continuing.proceed(browser, id);
  }

  @Get('ended/:how')
  ended(@Param('how') how: string): Shown {
    const end = CONNECT_ENDS.find((one) => one === how);
    if (end === undefined) throw new GatehouseError('attempt_unknown', 'no such end');
    return this.responses.end(end);
  }

  @Post('attempt/:id')
  async answer(
    @Param('id') id: string,
    @Browser() { request }: Exchange,
    @PostedForm() form: ReadonlyMap<string, string>,
  ): Promise<Shown> {
    return await this.answers.answer(id, request.headers.cookie, form);
  }
}

const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
