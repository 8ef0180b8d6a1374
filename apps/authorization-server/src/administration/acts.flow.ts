import { Injectable } from '@nestjs/common';
import { AccountActs } from './account-acts.flow.js';
import { ClientActs } from './client-acts.flow.js';
import { LimitActs } from './limit-acts.flow.js';
import type { Handlers } from './operations.js';
import { ProviderActs } from './provider-acts.flow.js';

/** Whatever an administrator can ask for. */
@Injectable()
export class Acts {
  readonly handlers: Handlers;

  constructor(accounts: AccountActs, clients: ClientActs, providers: ProviderActs, limits: LimitActs) {
    this.handlers = {
      ...accounts.handlers,
      ...clients.handlers,
      ...limits.handlers,
      ...providers.handlers,
    };
  }
}
