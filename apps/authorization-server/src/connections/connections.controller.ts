import { Controller, Get, Post, UseInterceptors } from '@nestjs/common';
import { Browser, PostedForm } from '../http/browser.decorator.js';
import type { Exchange } from '../http/exchange.js';
import { ForPeople } from '../http/for-people.decorator.js';
import { OnlyVisits } from '../http/only-visits.interceptor.js';
import { LimitedAs } from '../http/request-limit.guard.js';
import type { Shown } from '../http/shown.js';
import { ChangeConnections } from './change-connections.flow.js';
import { ShowConnections } from './show-connections.flow.js';
import { StartConnect } from './start-connect.flow.js';

@Controller('connections')
@ForPeople()
export class ConnectionsController {
  constructor(
    private readonly showing: ShowConnections,
    private readonly changing: ChangeConnections,
    private readonly start: StartConnect,
  ) {}

  @Get()
  async list(@Browser() browser: Exchange): Promise<Shown> {
    return await this.showing.show(browser);
  }

  @Get('sign-in')
  @LimitedAs('authorize')
  @UseInterceptors(OnlyVisits)
  async signIn(@Browser() { request }: Exchange): Promise<Shown> {
    return await this.start.signIn(request.headers.cookie);
  }

  @Post()
  async change(
    @Browser() browser: Exchange,
    @PostedForm() form: ReadonlyMap<string, string>,
  ): Promise<Shown> {
    return await this.changing.change(browser, form);
  }
}
