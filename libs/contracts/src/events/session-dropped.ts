import { z } from 'zod';
import { defineEvent } from '../contract.js';
import { sessionId } from '../fields.js';

/** A replica of the proxy knows that a session is closed and lets no call of it through any more. */
export const sessionDropped = defineEvent({
  name: 'session-dropped',
  version: 1,
  publishedBy: 'vmcp-proxy',
  heardBy: ['authorization-server'],
  kept: false,
  payload: z.strictObject({ replicaId: z.uuid(), tsid: sessionId }),
});
