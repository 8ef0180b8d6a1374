import { Controller } from '@nestjs/common';
import type { credentialReply } from '@gatehouse/contracts/token-vault/credential';
import { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import { credentialInject } from '@gatehouse/contracts/token-vault/credential-inject';
import { Answers } from '@gatehouse/messaging/answers';
import { Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { connectionClaims } from '@gatehouse/contracts/token-vault/connection-claims';
import { PersonClaims } from './person-claims.flow.js';
import { CredentialMetrics } from './credential-metrics.js';
import { BackendStrategies } from './backend-strategies.js';
import { ExchangeCredential } from './exchange-credential.flow.js';
import { InjectCredential } from './inject-credential.flow.js';

@Controller()
export class CredentialsHandler {
  constructor(
    private readonly injectCredential: InjectCredential,
    private readonly exchangeCredential: ExchangeCredential,
    private readonly strategies: BackendStrategies,
    private readonly metrics: CredentialMetrics,
    private readonly personClaims: PersonClaims,
  ) {}

  @Answers(connectionClaims)
  async claims(
    @Payload() { tsid }: z.output<typeof connectionClaims.request>,
  ): Promise<z.input<typeof connectionClaims.reply>> {
    return await this.personClaims.of(tsid);
  }

  @Answers(credentialInject)
  async inject(
    @Payload() request: z.output<typeof credentialInject.request>,
  ): Promise<z.input<typeof credentialReply>> {
    const stop = this.metrics.timed(this.strategies.label(request.backend), 'inject');
    return await this.injectCredential.run(request).finally(stop);
  }

  @Answers(credentialExchange)
  async exchange(
    @Payload() request: z.output<typeof credentialExchange.request>,
  ): Promise<z.input<typeof credentialReply>> {
    const stop = this.metrics.timed(this.strategies.label(request.backend), 'exchange');
    return await this.exchangeCredential.run(request).finally(stop);
  }
}
