import { Controller, Get, Param, Post, UseInterceptors } from '@nestjs/common';
import { Browser, PostedForm } from '../http/browser.decorator.js';
import type { Exchange } from '../http/exchange.js';
import { ForPeople } from '../http/for-people.decorator.js';
import { OnlyVisits } from '../http/only-visits.interceptor.js';
import type { Shown } from '../http/shown.js';
import { AnswerSignIn } from './answer-sign-in.flow.js';
import { ShowSignIn } from './show-sign-in.flow.js';

@Controller('sign-in/:uid')
@ForPeople()
export class SignInController {
  constructor(
    private readonly page: ShowSignIn,
    private readonly answers: AnswerSignIn,
  ) {}

  /** It sends the browser to a provider, or ends the sign-in. */
  @Get()
  @UseInterceptors(OnlyVisits)
  async show(@Param('uid') uid: string, @Browser() browser: Exchange): Promise<Shown> {
    return await this.page.show(browser, uid);
  }

  @Post()
  async answer(
    @Param('uid') uid: string,
    @Browser() browser: Exchange,
    @PostedForm() form: ReadonlyMap<string, string>,
  ): Promise<Shown> {
    return await this.answers.answer(browser, uid, form);
  }
}
