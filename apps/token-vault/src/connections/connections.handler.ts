import { Controller } from '@nestjs/common';
import { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { secretEnter } from '@gatehouse/contracts/token-vault/secret-enter';
import { Answers } from '@gatehouse/messaging/answers';
import { Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { AdoptConnection } from './adopt-connection.flow.js';
import { ConnectionList } from './connection-list.store.js';
import { EnterSecret } from './enter-secret.flow.js';
import { RevokeConnection } from './revoke-connection.flow.js';

@Controller()
export class ConnectionsHandler {
  constructor(
    private readonly adoptConnection: AdoptConnection,
    private readonly connections: ConnectionList,
    private readonly revokeConnection: RevokeConnection,
    private readonly enterSecret: EnterSecret,
  ) {}

  @Answers(connectionAdopt)
  async adopt(
    @Payload() request: z.output<typeof connectionAdopt.request>,
  ): Promise<z.input<typeof connectionAdopt.reply>> {
    return await this.adoptConnection.run(request);
  }

  @Answers(connectionList)
  async list(
    @Payload() request: z.output<typeof connectionList.request>,
  ): Promise<z.input<typeof connectionList.reply>> {
    return await this.connections.of(request);
  }

  @Answers(secretEnter)
  async enter(
    @Payload() request: z.output<typeof secretEnter.request>,
  ): Promise<z.input<typeof secretEnter.reply>> {
    return await this.enterSecret.run(request);
  }

  @Answers(connectionRevoke)
  async revoke(
    @Payload() request: z.output<typeof connectionRevoke.request>,
  ): Promise<z.input<typeof connectionRevoke.reply>> {
    return await this.revokeConnection.run(request);
  }
}
