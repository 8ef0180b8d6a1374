import { Injectable } from '@nestjs/common';
import { refreshAnswers } from '@gatehouse/contracts/buckets';
import { EVENT_STREAM } from '@gatehouse/messaging/store-watch';
import { Readiness } from '@gatehouse/observability/readiness';

/** Declares what this service does, and what it needs for it (docs/health.md). */
@Injectable()
export class Jobs {
  constructor(readiness: Readiness) {
    readiness.job({ name: 'credentials', isMain: true, needs: ['database', 'bus'] });
    readiness.job({ name: 'signIn', isMain: true, needs: ['database', 'bus'] });
    readiness.job({ name: 'answerCopies', isMain: false, needs: [refreshAnswers.name] });
    readiness.job({ name: 'events', isMain: false, needs: [EVENT_STREAM] });
  }
}
