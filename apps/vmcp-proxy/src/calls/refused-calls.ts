import { ERROR_CODES } from '@gatehouse/kernel/error-codes';
import type { Refusal } from '../authorization/admission.flow.js';
import { challenge, schemeOf, type ChallengeFacts } from '../incoming-auth/challenge.js';
import { JSON_TYPE, type AnswerHeaders } from '../mcp/answer.js';
import { errorText, type RpcError } from '../mcp/message.js';
import { GATEWAY_FAILURE } from '../mcp/protocol.js';
import type { Call } from './call.js';
import type { Failures } from './failures.js';

/** Answers calls that may not be made. */
export class RefusedCalls {
  constructor(
    private readonly failures: Pick<Failures, 'unknownName'>,
    /** Of the endpoint at a place. */
    private readonly challengeOf: (place: string) => ChallengeFacts | undefined,
  ) {}

  /** @param reference of the line that the log has of it */
  answer(call: Call, refusal: Refusal, reference: string): void {
    switch (refusal.kind) {
      case 'unknown':
        this.failures.unknownName(call);
        break;
      case 'forbidden': {
        const { why, policy } = refusal;
        send(call, 403, {
          code: GATEWAY_FAILURE,
          message: `This call is not allowed: ${why}.`,
          data: {
            code: 'not_allowed',
            retry: 'never',
            reason: why,
            ...(policy === undefined ? {} : { policy }),
            reference,
          },
        });
        break;
      }
      case 'scopes': {
        const { scopes } = refusal;
        const facts = this.challengeOf(call.scope.place);
        // MCP 2025-11-25, authorization, and RFC 6750, section 3.1: the client signs in again, for all of them at once.
        const headers =
          facts === undefined
            ? {}
            : {
                'www-authenticate': challenge(
                  { ...facts, scopes },
                  'insufficient_scope',
                  schemeOf(call.principal),
                ),
              };
        const error = {
          code: GATEWAY_FAILURE,
          message: `This call needs an access token with the scopes: ${scopes.join(' ')}.`,
          data: { code: 'insufficient_scope', retry: 'after-action', scopes, reference },
        };
        send(call, 403, error, headers);
        break;
      }
      case 'limited': {
        const { limit, retryAfterSeconds } = refusal;
        const { publicText } = ERROR_CODES.rate_limited;
        const error = {
          code: GATEWAY_FAILURE,
          message: `${publicText} Nothing was done; try again in ${String(retryAfterSeconds)} s (${limit}).`,
          data: { code: 'rate_limited', retry: 'safe', retryAfterSeconds, limit },
        };
        // RFC 6585, section 4.
        send(call, 429, error, { 'retry-after': String(retryAfterSeconds) });
      }
    }
  }
}

const send = ({ message, answer }: Call, status: number, error: RpcError, headers?: AnswerHeaders): void => {
  answer.whole(status, JSON_TYPE, errorText(message.id, error), headers);
};
