import { z } from 'zod';
import { defineEvent } from '../contract.js';
import { accountId, instantMs, sessionId } from '../fields.js';

/** A session was ended: by the person, the client, an operator, or because a refresh token was replayed. */
export const sessionClosed = defineEvent({
  name: 'session-closed',
  version: 1,
  publishedBy: 'authorization-server',
  heardBy: ['vmcp-proxy'],
  payload: z.strictObject({
    tsid: sessionId,
    accountId,
    reason: z.enum(['signed_out', 'revoked', 'refresh_token_replayed']),
    atMs: instantMs,
  }),
});
