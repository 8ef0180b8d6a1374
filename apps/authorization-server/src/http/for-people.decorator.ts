import { applyDecorators, UseFilters, UseInterceptors } from '@nestjs/common';
import { PageErrorFilter } from './page-error.filter.js';
import { ShownInterceptor } from './shown.interceptor.js';

/** A controller for people with a browser: its routes return what is `Shown`, and their errors become a page. */
export const ForPeople = () =>
  applyDecorators(UseFilters(PageErrorFilter), UseInterceptors(ShownInterceptor));
