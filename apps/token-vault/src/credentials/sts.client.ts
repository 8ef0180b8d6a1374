import { Inject, Injectable } from '@nestjs/common';
import type { AwsSts } from '@gatehouse/config/model/aws-sts';
import type { Clock } from '@gatehouse/kernel/clock';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Secret } from '@gatehouse/kernel/secret';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import { CLOCK } from '@gatehouse/service-process/injected';
import { awsSessionFor, type AwsSession } from './aws-session.js';
import type { ExchangeOutcome } from './exchange-outcome.js';
import { outcomeOfSts } from './sts-answer.js';

const MAX_ANSWER_BYTES = 65_536;

/** Asks AWS STS for temporary credentials of a person. The token of the person is all that proves anything: nothing is signed. */
@Injectable()
export class StsClient {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  async issue(strategy: AwsSts<Secret>, token: string): Promise<ExchangeOutcome> {
    const session = awsSessionFor(strategy, token);
    return session.kind === 'session' ? await this.#assume(strategy, session, token) : session;
  }

  /** AssumeRoleWithWebIdentity of the API of 2011-06-15. */
  async #assume(strategy: AwsSts<Secret>, session: AwsSession, token: string): Promise<ExchangeOutcome> {
    const { stsUrl, sessionDurationMs } = strategy;
    const latestEndMs = this.clock.nowMs() + sessionDurationMs;
    const form = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: session.roleArn,
      RoleSessionName: session.name,
      DurationSeconds: String(Math.floor(sessionDurationMs / SECOND_MS)),
      WebIdentityToken: token,
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/xml' };
    try {
      const { status, body } = await safeFetch(
        { url: stsUrl, method: 'POST', headers, body: form.toString() },
        { ...strategy, maxResponseBytes: MAX_ANSWER_BYTES },
      );
      return outcomeOfSts({ status, body: new TextDecoder().decode(body) }, token, latestEndMs);
    } catch (error) {
      const outbound = OutboundFailure.in(error);
      if (outbound === undefined) throw error;
      return { kind: 'unavailable', reason: outbound.maybeSent ? 'no_answer' : 'unreachable' };
    }
  }
}
