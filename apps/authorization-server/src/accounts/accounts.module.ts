import { Module } from '@nestjs/common';
import { ApprovalStore } from '../consent/approval.store.js';
import { Rows } from '../rows/rows.store.js';
import { AccountStore } from './account.store.js';

@Module({
  providers: [Rows, AccountStore, ApprovalStore],
  exports: [Rows, AccountStore, ApprovalStore],
})
export class AccountsModule {}
