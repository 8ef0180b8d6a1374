import { Controller, Get, Param, Req } from '@nestjs/common';
import { configuredName } from '@gatehouse/contracts/fields';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { FastifyRequest } from 'fastify';
import { ForPeople } from '../http/for-people.decorator.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import { ReceiveLeg } from './receive-leg.flow.js';

/** Providers send the browser back here. Each can have its own callback, and several can share the common one. */
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
    // The path must be spelled as it was registered. Percent-encoded spellings of it are other paths.
    if (!parsed.success || !pathOf(request).endsWith(`/${parsed.data}`))
      throw new GatehouseError('callback_unknown', 'a callback of nobody');
    return await this.#receive(request, { callback: parsed.data });
  }

  async #receive(request: FastifyRequest, by: { readonly callback?: string }): Promise<Shown> {
    if (isLookingAhead(request)) return { kind: 'empty', status: 503 };
    const query = request.url.split('?').slice(1).join('?');
    const { attempt, uid } = await this.legs.receive({ query, ...by }, request.headers.cookie);
    // The redirect takes the code out of the browser's history. The page of the attempt goes on.
    const path = attempt.state.kind === 'sign-in' ? `/sign-in/${uid}` : `/connect/attempt/${attempt.id}`;
    return { kind: 'redirect', status: 303, location: this.urls.path(path) };
  }
}

/** A link scanner or a prefetching browser must not use up the code, which works once. */
const isLookingAhead = ({ method, headers }: FastifyRequest): boolean =>
  method === 'HEAD' || [headers['sec-purpose'], headers['purpose']].some((why) => why?.includes('prefetch'));

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';
