import { Controller, Get, Param, Req, UseInterceptors } from '@nestjs/common';
import { configuredName } from '@gatehouse/contracts/fields';
import { referenceOf } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import type { FastifyRequest } from 'fastify';
import { ForPeople } from '../http/for-people.decorator.js';
import { OnlyVisits } from '../http/only-visits.interceptor.js';
import type { Shown } from '../http/shown.js';
import type { Arrival } from '../vault/vault.client.js';
import type { BegunHere } from './begun-here.js';
import { BrowserAttempts } from './browser-attempts.flow.js';
import { CallbackPages } from './callback-pages.js';
import { ReceiveLeg } from './receive-leg.flow.js';

/** Providers send the browser back here. Each can have its own callback, and several can share the common one. */
@Controller('oauth/callback')
@ForPeople()
export class CallbackController {
  constructor(
    private readonly legs: ReceiveLeg,
    private readonly browsers: BrowserAttempts,
    private readonly pages: CallbackPages,
    private readonly log: Log,
  ) {}

  @Get()
  @UseInterceptors(OnlyVisits)
  async common(@Req() request: FastifyRequest): Promise<Shown> {
    return await this.#receive(request, {});
  }

  @Get(':callback')
  @UseInterceptors(OnlyVisits)
  async own(@Param('callback') callback: string, @Req() request: FastifyRequest): Promise<Shown> {
    const parsed = configuredName.safeParse(callback);
    // The path must be spelled as it was registered. Percent-encoded spellings of it are other paths.
    if (!parsed.success || !pathOf(request).endsWith(`/${parsed.data}`))
      throw new GatehouseError('callback_unknown', 'a callback of nobody');
    return await this.#receive(request, { callback: parsed.data });
  }

  async #receive(request: FastifyRequest, by: Pick<Arrival, 'callback'>): Promise<Shown> {
    const arrival = { query: request.url.split('?').slice(1).join('?'), ...by };
    const { cookie } = request.headers;
    if (!new URLSearchParams(arrival.query).get('state')) return await this.#unasked(arrival, cookie);
    try {
      const received = await this.legs.receive(arrival, cookie);
      if (received.kind === 'goes-on') return this.pages.toAttempt(received.at);
      return this.#refused(request, received.error, received.at);
    } catch (error) {
      // It belongs to nothing of this browser. What this browser has begun itself can go on.
      return this.#refused(request, GatehouseError.from(error), await this.browsers.latest(cookie));
    }
  }

  async #unasked(arrival: Arrival, cookie: string | undefined): Promise<Shown> {
    const at = await this.browsers.latest(cookie);
    if (at === undefined)
      throw new GatehouseError('callback_unknown', 'no state, and no attempt of this browser');
    this.log.info('callback-without-state', { kind: at.kind, callback: arrival.callback });
    return this.pages.unasked(arrival, at);
  }

  #refused(request: FastifyRequest, error: GatehouseError, at: BegunHere | undefined): Shown {
    const reference = referenceOf(error);
    // The vault has told what it gave a number.
    if (error.details['reference'] === undefined)
      this.log.failure('page-failed', error, { page: request.routeOptions.url, reference });
    return this.pages.refused(error, reference, at);
  }
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';
