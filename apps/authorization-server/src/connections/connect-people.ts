import { Injectable } from '@nestjs/common';
import { AccountStore } from '../accounts/account.store.js';
import { CsrfTokens } from '../consent/csrf.js';

/** Names and form tokens of the people on the connect page. */
@Injectable()
export class ConnectPeople {
  constructor(
    private readonly accounts: AccountStore,
    readonly csrf: CsrfTokens,
  ) {}

  async nameOf(accountId: string): Promise<string> {
    const account = await this.accounts.find(accountId);
    return account?.name ?? account?.email ?? accountId;
  }
}
