import { z } from 'zod';
import { defineEvent } from '../contract.js';
import { digest, longJwe } from '../fields.js';

/** Of the text that an id is written as. */
export const MAX_ID_LENGTH = 1_024;

/** Address of the replica that says it: it does not listen to itself. */
const from = digest;
/** By the digest of its id: who hears it cannot use the session. */
const session = digest;

/**
 * A legacy MCP client said something at one replica of the proxy that concerns what runs at another one. An answer is for
 * the one replica whose address is in the question; everything else is for all of them.
 */
export const mcpSessionSignalled = defineEvent({
  name: 'mcp-session-signalled',
  version: 1,
  publishedBy: 'vmcp-proxy',
  heardBy: ['vmcp-proxy'],
  kept: false,
  payload: z.discriminatedUnion('signal', [
    /** `sealed` for that replica: the session, the question's id, and the client's response. */
    z.strictObject({ signal: z.literal('answered'), replica: digest, sealed: longJwe }),
    /** `notifications/cancelled`; `request`: one text for each id. */
    z.strictObject({
      signal: z.literal('cancelled'),
      from,
      session,
      request: z.string().min(1).max(MAX_ID_LENGTH),
    }),
    z.strictObject({ signal: z.literal('log_level_set'), from, session, level: z.string().max(16) }),
    z.strictObject({ signal: z.literal('subscriptions_changed'), from, session }),
    z.strictObject({ signal: z.literal('ended'), from, session }),
  ]),
});
