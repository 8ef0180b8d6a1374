import { Controller, Get, Header } from '@nestjs/common';
import { ICON, ICON_PATH } from './icon.js';
import { STYLESHEET, STYLESHEET_PATH } from './stylesheet.js';

/** Stylesheet and icon of our pages; the same for everybody. */
@Controller()
export class PageFilesController {
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
}
