import { Injectable } from '@nestjs/common';
import { enteredSecret, type secretEnter } from '@gatehouse/contracts/token-vault/secret-enter';
import { Database } from '@gatehouse/persistence/database';
import { z } from 'zod';
import { BusKeys } from '../keyring/bus-keys.flow.js';
import { Outbox } from '../outbox/outbox.flow.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { KeepSecret } from './keep-secret.flow.js';

type Request = z.output<typeof secretEnter.request>;

const sealedSecret = z.strictObject({ secret: enteredSecret });

/** Takes a secret that a person entered, for a name that is configured and in a form that a header can hold. */
@Injectable()
export class EnterSecret {
  constructor(
    private readonly database: Database,
    private readonly busKeys: BusKeys,
    private readonly registry: ProviderRegistry,
    private readonly keepSecret: KeepSecret,
    private readonly outbox: Outbox,
  ) {}

  /** @throws {GatehouseError} `unknown_provider`; `request_invalid` where no header could hold it */
  async run({ accountId, name, sealedSecret: sealed }: Request): Promise<z.input<typeof secretEnter.reply>> {
    this.registry.userSecret(name);
    const { secret } = await this.busKeys.open(sealedSecret, sealed);
    const event = await this.database.transaction((tx) => this.keepSecret.keep(tx, accountId, name, secret));
    await this.outbox.publish([event]);
    return { entered: true };
  }
}
