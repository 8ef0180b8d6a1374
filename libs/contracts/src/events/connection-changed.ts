import { z } from 'zod';
import { defineEvent } from '../contract.js';
import { accountId, configuredName, connectionId, instantMs } from '../fields.js';

/**
 * An account's connection to a provider was made, replaced or revoked, or needs a new sign-in. Caches of it are stale.
 */
export const connectionChanged = defineEvent({
  name: 'connection-changed',
  version: 1,
  publishedBy: 'token-vault',
  heardBy: ['vmcp-proxy'],
  payload: z.strictObject({
    connectionId,
    accountId,
    provider: configuredName,
    change: z.enum(['connected', 'revoked', 'reauth_required']),
    atMs: instantMs,
  }),
});
