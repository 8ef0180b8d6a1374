import { z } from 'zod';
import { defineEvent } from '../contract.js';
import { configuredName, digest } from '../fields.js';

/** Of one result. */
const MAX_SENT_URIS = 64;

/**
 * A backend has named resources to a caller in a result. The caller may ask for them at any replica, which has to know whose they
 * are. Who hears it learns neither the URIs nor the caller.
 */
export const resourcesSent = defineEvent({
  name: 'resources-sent',
  version: 1,
  publishedBy: 'vmcp-proxy',
  heardBy: ['vmcp-proxy'],
  kept: false,
  payload: z.strictObject({
    /** Digest of the caller's key. */
    principal: digest,
    backend: configuredName,
    uris: z.array(digest).min(1).max(MAX_SENT_URIS),
  }),
});
