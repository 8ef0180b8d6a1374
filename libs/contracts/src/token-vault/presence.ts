import { z } from 'zod';
import { defineRequest } from '../contract.js';

/**
 * Whether any replica of the vault listens. Across accounts, the bus does not say that nobody answers. So this is asked
 * before a request that may take long and must not be sent twice, and beside a request that may be sent again.
 */
export const presence = defineRequest({
  name: 'presence',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server', 'vmcp-proxy'],
  request: z.strictObject({}),
  reply: z.strictObject({}),
  errors: ['deadline_exceeded', 'internal'],
  idempotent: true,
});
