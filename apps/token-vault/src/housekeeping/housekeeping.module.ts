import { Module } from '@nestjs/common';
import { OutboxModule } from '../outbox/outbox.module.js';
import { RefreshModule } from '../refresh/refresh.module.js';
import { Housekeeping } from './housekeeping.job.js';

@Module({
  imports: [OutboxModule, RefreshModule],
  providers: [Housekeeping],
})
export class HousekeepingModule {}
