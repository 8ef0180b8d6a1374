import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { accountId, sessionId } from '../fields.js';

/** Whether the session of a `tsid` is still open, and which account it belongs to. */
export const sessionView = defineRequest({
  name: 'session.view',
  version: 1,
  answeredBy: 'authorization-server',
  calledBy: ['vmcp-proxy'],
  request: z.strictObject({ tsid: sessionId }),
  reply: z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('open'), accountId, clientId: z.string() }),
    z.strictObject({ state: z.literal('closed') }),
  ]),
  errors: ['request_invalid', 'deadline_exceeded', 'internal'],
  idempotent: true,
});
