import { Controller, Get, Param, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Provider } from 'oidc-provider';
import { IssuerUrls } from '../http/issuer-urls.js';
import { PageErrorFilter } from '../http/page-error.filter.js';
import { sendPage } from '../http/reply.js';
import { isVisit } from '../http/visit.js';
import { HandOutCode } from './hand-out-code.flow.js';
import { LibraryAnswers } from './library-answers.js';
import { signedInPage, signInOverPage } from './signed-in-page.js';

/** Where a browser goes on when its person has answered. */
@Controller()
export class ResumedRequestsController {
  readonly #library: LibraryAnswers;

  constructor(
    provider: Provider,
    private readonly urls: IssuerUrls,
    private readonly handingOut: HandOutCode,
  ) {
    this.#library = new LibraryAnswers(provider, urls);
  }

  @Get('oauth/authorize/:uid')
  @UseFilters(PageErrorFilter)
  async resume(
    @Param('uid') uid: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // A code that a scanner of links was given would be lost.
    if (!isVisit(request.raw)) {
      await reply.code(503).header('cache-control', 'no-store').send();
      return;
    }
    const ready = await this.handingOut.ready({ request: request.raw, response: reply.raw }, uid);
    switch (ready) {
      case 'open':
        await reply.header('cache-control', 'no-store').redirect(this.urls.path(`/sign-in/${uid}`), 303);
        return;
      case 'used':
        sendPage(reply, signedInPage(this.urls.site));
        return;
      case 'over':
        sendPage(reply, signInOverPage(this.urls.site));
        return;
      case 'ready':
        await this.#library.answer(request, reply, { route: request.url, interaction: uid });
    }
  }
}
