import { Global, Module } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { Log } from '@gatehouse/observability/log';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { PagesModule } from '../pages/pages.module.js';
import { CookieKeys } from '../signing-keys/cookie-keys.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { CsrfTokens } from './csrf.js';
import { IssuerUrls } from './issuer-urls.js';
import { RequestLimits } from './request-limits.js';

/** What every room with an HTTP side uses. */
@Global()
@Module({
  imports: [PagesModule, SigningKeysModule],
  providers: [
    {
      provide: IssuerUrls,
      inject: [CONFIG],
      useFactory: (config: AuthorizationServerPart) => new IssuerUrls(config),
    },
    {
      provide: RequestLimits,
      inject: [CONFIG, IssuerUrls, Log, CLOCK],
      useFactory: (config: AuthorizationServerPart, urls: IssuerUrls, log: Log, clock: Clock) =>
        new RequestLimits(config, urls, log, clock),
    },
    {
      provide: CsrfTokens,
      inject: [CookieKeys],
      useFactory: (keys: CookieKeys) => new CsrfTokens(keys.derive('csrf')),
    },
  ],
  exports: [IssuerUrls, RequestLimits, CsrfTokens],
})
export class HttpModule {}
