import { z } from 'zod';
import { defineEvent } from '../contract.js';
import { digest, longJwe } from '../fields.js';

/**
 * Replicas of the proxy hand a client's event stream to each other: the client came back to another one than writes it.
 * `sealed` for the replica of that address: who wants which stream, and its events. They are what backends answered to a person.
 */
export const mcpStreamHanded = defineEvent({
  name: 'mcp-stream-handed',
  version: 1,
  publishedBy: 'vmcp-proxy',
  heardBy: ['vmcp-proxy'],
  kept: false,
  payload: z.strictObject({ replica: digest, sealed: longJwe }),
});
