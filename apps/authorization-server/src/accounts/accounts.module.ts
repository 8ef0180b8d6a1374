import { Module } from '@nestjs/common';
import { RowsModule } from '../rows/rows.module.js';
import { AccountStore } from './account.store.js';

@Module({ imports: [RowsModule], providers: [AccountStore], exports: [AccountStore] })
export class AccountsModule {}
