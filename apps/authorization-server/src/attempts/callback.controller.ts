import { Controller, Get, Param, Req } from '@nestjs/common';
import { configuredName } from '@gatehouse/contracts/fields';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { FastifyRequest } from 'fastify';
import { ForPeople } from '../http/for-people.decorator.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import { ReceiveLeg } from './receive-leg.flow.js';

/** Where providers send the browser back to: each has a callback of its own, and there is one that several may share. */
@Controller('oauth/callback')
@ForPeople()
export class CallbackController {
  constructor(
    private readonly legs: ReceiveLeg,
    private readonly urls: IssuerUrls,
  ) {}

  @Get()
  async common(@Req() request: FastifyRequest): Promise<Shown> {
    return await this.#receive(request, {});
  }

  @Get(':callback')
  async own(@Param('callback') callback: string, @Req() request: FastifyRequest): Promise<Shown> {
    const parsed = configuredName.safeParse(callback);
    // One spelling: what was registered, not what can be decoded to it.
    if (!parsed.success || !pathOf(request).endsWith(`/${parsed.data}`))
      throw new GatehouseError('callback_unknown', 'a callback of nobody');
    return await this.#receive(request, { callback: parsed.data });
  }

  async #receive(request: FastifyRequest, by: { readonly callback?: string }): Promise<Shown> {
    if (isLookingAhead(request)) return { kind: 'empty', status: 503 };
    const query = request.url.split('?').slice(1).join('?');
    const { attempt, uid } = await this.legs.receive({ query, ...by }, request.headers.cookie);
    // The address with the code leaves the history, and the page of the attempt says what is next.
    const path = attempt.state.kind === 'sign-in' ? `/sign-in/${uid}` : `/connect/attempt/${attempt.id}`;
    return { kind: 'redirect', status: 303, location: this.urls.path(path) };
  }
}

/** A link scanner or a prefetching browser: a code works once, so it is kept for whoever really comes. */
const isLookingAhead = ({ method, headers }: FastifyRequest): boolean =>
  method === 'HEAD' || [headers['sec-purpose'], headers['purpose']].some((why) => why?.includes('prefetch'));

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';
