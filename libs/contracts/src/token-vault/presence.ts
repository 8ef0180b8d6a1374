import { z } from 'zod';
import { defineRequest } from '../contract.js';

/**
 * Whether any replica of the vault listens. The bus says nothing of a missing answerer across accounts, so this is asked
 * before what may take long and must not be asked twice, and beside what may be asked again.
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
