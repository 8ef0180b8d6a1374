import { Module } from '@nestjs/common';
import { ClientTerms } from './client-terms.js';
import { GivenLimits } from './given-limits.store.js';
import { WatchGivenLimits } from './watch-given-limits.job.js';

@Module({
  providers: [ClientTerms, GivenLimits, WatchGivenLimits],
  exports: [ClientTerms, GivenLimits, WatchGivenLimits],
})
export class ClientTermsModule {}
