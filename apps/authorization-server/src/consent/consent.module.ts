import { Module } from '@nestjs/common';
import { RowsModule } from '../rows/rows.module.js';
import { ApprovalStore } from './approval.store.js';

@Module({ imports: [RowsModule], providers: [ApprovalStore], exports: [ApprovalStore] })
export class ConsentModule {}
