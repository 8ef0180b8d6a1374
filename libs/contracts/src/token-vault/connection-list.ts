import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { accountId, configuredName, connectionId, instantMs } from '../fields.js';

export const connectionState = z.enum([
  /** The vault can hand out a credential, now or after a refresh. */
  'live',
  /** The person has to sign in at the provider again. */
  'reauth_required',
  /** A refresh was sent and no answer came. This is being resolved; nothing is deleted. */
  'ambiguous',
]);
export type ConnectionState = z.output<typeof connectionState>;

const connectionView = z.strictObject({
  connectionId,
  provider: configuredName,
  subject: z.string(),
  name: z.string().optional(),
  email: z.string().optional(),
  scopes: z.array(z.string()),
  state: connectionState,
  connectedAtMs: instantMs,
  refreshedAtMs: instantMs.optional(),
});
export type ConnectionView = z.output<typeof connectionView>;

/** The account's connections; no token, no ciphertext. */
export const connectionList = defineRequest({
  name: 'connection.list',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({ accountId }),
  reply: z.strictObject({ connections: z.array(connectionView) }),
  errors: ['request_invalid', 'deadline_exceeded', 'internal'],
  idempotent: true,
});
