import { Module } from '@nestjs/common';
import { Rows } from './rows.store.js';

@Module({ providers: [Rows], exports: [Rows] })
export class RowsModule {}
