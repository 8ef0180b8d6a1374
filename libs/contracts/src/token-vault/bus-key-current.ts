import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { instantMs, recipientKey } from '../fields.js';

/** The key that requests with a secret inside are sealed for; shared by the vault's replicas and rotated. */
export const busKeyCurrent = defineRequest({
  name: 'bus-key.current',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server', 'vmcp-proxy'],
  request: z.strictObject({}),
  reply: z.strictObject({ key: recipientKey, useUntilMs: instantMs }),
  errors: ['deadline_exceeded', 'internal'],
  idempotent: true,
});
