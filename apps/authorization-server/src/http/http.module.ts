import { Global, Module } from '@nestjs/common';
import { systemClock } from '@gatehouse/kernel/clock';
import { Log } from '@gatehouse/observability/log';
import { CONFIG, type Config } from '../config.js';
import { PageFilesController } from '../pages/page-files.controller.js';
import { IssuerUrls } from './issuer-urls.js';
import { RequestLimits } from './request-limits.js';

/** What every room with an HTTP side uses. */
@Global()
@Module({
  controllers: [PageFilesController],
  providers: [
    { provide: IssuerUrls, inject: [CONFIG], useFactory: (config: Config) => new IssuerUrls(config) },
    {
      provide: RequestLimits,
      inject: [CONFIG, IssuerUrls, Log],
      useFactory: (config: Config, urls: IssuerUrls, log: Log) =>
        new RequestLimits(config, urls, log, systemClock),
    },
  ],
  exports: [IssuerUrls, RequestLimits],
})
export class HttpModule {}
