import { Controller, Get, Header, Inject, NotFoundException, Param, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply } from 'fastify';
import { BRANDING_PATH, brandFile } from './brand-files.js';
import { ICON, ICON_PATH } from './icon.js';
import { STYLESHEET, STYLESHEET_PATH } from './stylesheet.js';

/** Stylesheet and icon of our pages, and what the configuration adds to them; the same for everybody. */
@Controller()
export class PageFilesController {
  constructor(@Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'branding'>) {}

  @Get(STYLESHEET_PATH)
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('cache-control', 'public, max-age=31536000, immutable')
  @Header('x-content-type-options', 'nosniff')
  stylesheet(): string {
    return STYLESHEET;
  }

  @Get(ICON_PATH)
  @Header('content-type', 'image/svg+xml')
  @Header('cache-control', 'public, max-age=86400')
  @Header('x-content-type-options', 'nosniff')
  icon(): string {
    return ICON;
  }

  /** An image that somebody opens by itself does nothing: it is no page of this origin. */
  @Get(`${BRANDING_PATH}/:file`)
  async brand(@Param('file') file: string, @Res() reply: FastifyReply): Promise<void> {
    const found = brandFile(this.config.branding, file);
    if (found === undefined) throw new NotFoundException();
    await reply
      .headers({
        'content-type': found.mediaType,
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      })
      .send(found.body);
  }
}
