import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { accountId, attemptId, configuredName, sessionId, upstreamSubject } from '../fields.js';

/**
 * Adopts what the attempt staged for the account and binds the account's connections to the session, all or nothing.
 * `providers` are the ones that the session may use, staged now or connected before. `subjects` names the valid legs by
 * provider: only a connection that was staged as exactly that subject is adopted. The same request twice gives the same
 * result.
 */
export const sessionOpen = defineRequest({
  name: 'session.open',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({
    attemptId,
    tsid: sessionId,
    accountId,
    providers: z.array(configuredName),
    subjects: z.record(configuredName, upstreamSubject),
  }),
  reply: z.strictObject({ bound: z.array(configuredName) }),
  errors: [
    'request_invalid',
    'attempt_unknown',
    'connection_missing',
    'session_closed',
    'deadline_exceeded',
    'internal',
  ],
});
