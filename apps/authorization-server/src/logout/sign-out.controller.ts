import { Controller, Get, Post, Query } from '@nestjs/common';
import { Browser, PostedForm } from '../http/browser.decorator.js';
import type { Exchange } from '../http/exchange.js';
import { ForPeople } from '../http/for-people.decorator.js';
import type { Shown } from '../http/shown.js';
import { AnswerLogout } from './answer-logout.flow.js';

/** The question whether to sign out. */
@Controller('sign-out')
@ForPeople()
export class SignOutController {
  constructor(private readonly answering: AnswerLogout) {}

  @Get()
  async show(@Browser() browser: Exchange, @Query('for') ticket: unknown): Promise<Shown> {
    return await this.answering.show(browser, typeof ticket === 'string' ? ticket : '');
  }

  @Post()
  async answer(
    @Browser() browser: Exchange,
    @PostedForm() form: ReadonlyMap<string, string>,
  ): Promise<Shown> {
    return await this.answering.answer(browser, form);
  }
}
