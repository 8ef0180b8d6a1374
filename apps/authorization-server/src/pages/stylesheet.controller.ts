import { Controller, Get, Header } from '@nestjs/common';
import { STYLESHEET, STYLESHEET_PATH } from './stylesheet.js';

@Controller()
export class StylesheetController {
  @Get(STYLESHEET_PATH)
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('cache-control', 'public, max-age=31536000, immutable')
  @Header('x-content-type-options', 'nosniff')
  stylesheet(): string {
    return STYLESHEET;
  }
}
