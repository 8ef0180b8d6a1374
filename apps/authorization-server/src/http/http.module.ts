import { Global, Module } from '@nestjs/common';
import { systemClock } from '@gatehouse/kernel/clock';
import { Log } from '@gatehouse/observability/log';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { PageFilesController } from '../pages/page-files.controller.js';
import { IssuerUrls } from './issuer-urls.js';
import { RequestLimits } from './request-limits.js';

/** What every room with an HTTP side uses. */
@Global()
@Module({
  controllers: [PageFilesController],
  providers: [
    {
      provide: IssuerUrls,
      inject: [CONFIG],
      useFactory: (config: AuthorizationServerPart) => new IssuerUrls(config),
    },
    {
      provide: RequestLimits,
      inject: [CONFIG, IssuerUrls, Log],
      useFactory: (config: AuthorizationServerPart, urls: IssuerUrls, log: Log) =>
        new RequestLimits(config, urls, log, systemClock),
    },
  ],
  exports: [IssuerUrls, RequestLimits],
})
export class HttpModule {}
