import { Controller } from '@nestjs/common';
import { providerLogout } from '@gatehouse/contracts/token-vault/provider-logout';
import { Answers } from '@gatehouse/messaging/answers';
import { Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { ProviderLogout } from './provider-logout.flow.js';

@Controller()
export class ProviderLogoutHandler {
  constructor(private readonly logout: ProviderLogout) {}

  @Answers(providerLogout)
  async end(
    @Payload() request: z.output<typeof providerLogout.request>,
  ): Promise<z.input<typeof providerLogout.reply>> {
    return await this.logout.run(request);
  }
}
