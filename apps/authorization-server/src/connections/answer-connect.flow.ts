import { Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Shown } from '../http/shown.js';
import { ConnectResponses } from './connect-responses.js';
import { ConnectAttempts } from './connect-attempts.flow.js';
import { ConnectForms } from './connect-forms.js';

/** What the user answered when a provider could not be connected. */
@Injectable()
export class AnswerConnect {
  constructor(
    private readonly attempts: ConnectAttempts,
    private readonly forms: ConnectForms,
    private readonly responses: ConnectResponses,
  ) {}

  async answer(
    id: string,
    cookieHeader: string | undefined,
    form: ReadonlyMap<string, string>,
  ): Promise<Shown> {
    const attempt = await this.attempts.load(id, cookieHeader);
    this.forms.check(attempt, form);
    switch (form.get('decision')) {
      case 'retry':
        await this.attempts.retry(attempt, form.get('provider') ?? '');
        return this.responses.toAttempt(attempt);
      case 'cancel':
        await this.attempts.abandon(attempt);
        return this.responses.nothingConnected();
      default:
        throw new GatehouseError('request_invalid', 'no such decision');
    }
  }
}
