import { Controller, Get, Inject, NotFoundException, Param, Post, Query } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { Browser, PostedForm } from '../http/browser.decorator.js';
import type { Exchange } from '../http/exchange.js';
import { ForPeople } from '../http/for-people.decorator.js';
import { LimitedAs } from '../http/request-limit.guard.js';
import type { Shown } from '../http/shown.js';
import { EnterUserCode } from './enter-user-code.flow.js';

/** The verification page (RFC 8628, section 3.3). */
@Controller('device')
@ForPeople()
export class DeviceController {
  readonly #isOffered: boolean;

  constructor(
    private readonly entering: EnterUserCode,
    @Inject(CONFIG) { deviceFlow }: Pick<AuthorizationServerPart, 'deviceFlow'>,
  ) {
    this.#isOffered = deviceFlow !== undefined;
  }

  @Get()
  ask(@Browser() browser: Exchange, @Query('user_code') written: unknown): Shown {
    this.#mustBeOffered();
    return this.entering.ask(browser, typeof written === 'string' && written !== '' ? written : undefined);
  }

  /** Counted by itself: whoever tries codes gets few. */
  @Post()
  @LimitedAs('userCode')
  async enter(@Browser() browser: Exchange, @PostedForm() form: ReadonlyMap<string, string>): Promise<Shown> {
    this.#mustBeOffered();
    return await this.entering.enter(browser, form);
  }

  @Get(':uid')
  async end(@Param('uid') uid: string, @Browser() browser: Exchange): Promise<Shown> {
    this.#mustBeOffered();
    return await this.entering.end(browser, uid);
  }

  #mustBeOffered(): void {
    if (!this.#isOffered) throw new NotFoundException();
  }
}
