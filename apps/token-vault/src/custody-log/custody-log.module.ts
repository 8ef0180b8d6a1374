import { Module } from '@nestjs/common';
import { CustodyKeys } from './custody-keys.js';
import { CustodyLog } from './custody-log.flow.js';
import { CustodyLogStore } from './custody-log.store.js';
import { CustodyPartitions } from './custody-partitions.job.js';

@Module({ providers: [CustodyKeys, CustodyLogStore, CustodyLog, CustodyPartitions], exports: [CustodyLog] })
export class CustodyLogModule {}
