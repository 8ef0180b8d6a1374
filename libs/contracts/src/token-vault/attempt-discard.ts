import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { attemptId } from '../fields.js';

/**
 * Forgets what an abandoned attempt staged: pending legs and staged connections. Answers for it that are still under
 * way, at a provider or on the bus, are dropped from then on.
 */
export const attemptDiscard = defineRequest({
  name: 'attempt.discard',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({ attemptId }),
  reply: z.strictObject({ discarded: z.int().nonnegative() }),
  errors: ['request_invalid', 'deadline_exceeded', 'internal'],
  idempotent: true,
});
