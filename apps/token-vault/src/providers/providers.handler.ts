import { Controller } from '@nestjs/common';
import { providerHealth } from '@gatehouse/contracts/token-vault/provider-health';
import { Answers } from '@gatehouse/messaging/answers';
import type { z } from 'zod';
import { ProviderHealth } from './provider-health.flow.js';

@Controller()
export class ProvidersHandler {
  constructor(private readonly providers: ProviderHealth) {}

  @Answers(providerHealth)
  async health(): Promise<z.input<typeof providerHealth.reply>> {
    return { providers: await this.providers.all() };
  }
}
