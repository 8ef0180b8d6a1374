import { Module } from '@nestjs/common';
import { CsrfTokens } from '../http/csrf.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { OAuthEndpointsModule } from '../oauth-endpoints/oauth-endpoints.module.js';
import { DeviceController } from './device.controller.js';
import { DeviceForms } from './device-forms.js';
import { EnterUserCode } from './enter-user-code.flow.js';

/** The page on which people enter the code of a device. The sign-in that follows is the chain's. */
@Module({
  imports: [OAuthEndpointsModule],
  controllers: [DeviceController],
  providers: [
    {
      provide: DeviceForms,
      inject: [CsrfTokens, IssuerUrls],
      useFactory: (csrf: CsrfTokens, urls: IssuerUrls) => new DeviceForms(csrf, urls),
    },
    EnterUserCode,
  ],
})
export class DeviceFlowModule {}
