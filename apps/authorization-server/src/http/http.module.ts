import { Global, Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { PageFilesController } from '../pages/page-files.controller.js';
import { IssuerUrls } from './issuer-urls.js';
import { RequestLimits } from './request-limits.js';

/** What every room with an HTTP side uses. */
@Global()
@Module({
  controllers: [PageFilesController],
  providers: [
    { provide: IssuerUrls, inject: [CONFIG], useFactory: ({ issuer }: Config) => new IssuerUrls(issuer) },
    RequestLimits,
  ],
  exports: [IssuerUrls, RequestLimits],
})
export class HttpModule {}
