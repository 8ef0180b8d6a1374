import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { sessionId } from '../fields.js';

/** Ends a session: no credential is released for it any more. Connections stay, they belong to the account. */
export const sessionClose = defineRequest({
  name: 'session.close',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({ tsid: sessionId }),
  reply: z.strictObject({ closed: z.boolean() }),
  errors: ['request_invalid', 'deadline_exceeded', 'internal'],
});
