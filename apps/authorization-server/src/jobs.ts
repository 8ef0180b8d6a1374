import { Injectable } from '@nestjs/common';
import { presence } from '@gatehouse/contracts/token-vault/presence';
import { AnswererWatch } from '@gatehouse/messaging/answerer-watch';
import { EVENT_STREAM } from '@gatehouse/messaging/store-watch';
import { Readiness } from '@gatehouse/observability/readiness';
import { SIGNING_KEYS_PART } from './signing-keys/signing-keys.js';

/** The jobs of this service, and what each needs (docs/health.md). */
@Injectable()
export class Jobs {
  constructor(readiness: Readiness, answerers: AnswererWatch) {
    answerers.watch(presence);
    readiness.job({ name: 'tokens', isMain: true, needs: ['database', SIGNING_KEYS_PART] });
    readiness.job({
      name: 'signIn',
      isMain: true,
      needs: ['database', 'bus', presence.answeredBy, SIGNING_KEYS_PART],
    });
    readiness.job({ name: 'sessions', isMain: true, needs: ['database', 'bus'] });
    readiness.job({ name: 'events', isMain: false, needs: [EVENT_STREAM] });
  }
}
