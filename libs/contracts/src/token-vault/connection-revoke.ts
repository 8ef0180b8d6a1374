import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { accountId, configuredName } from '../fields.js';

/**
 * Ends the account's connection to a provider: unusable here at once, and revoked at the provider (RFC 7009) where it
 * supports that.
 */
export const connectionRevoke = defineRequest({
  name: 'connection.revoke',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({ accountId, provider: configuredName }),
  reply: z.strictObject({ revoked: z.boolean() }),
  errors: ['request_invalid', 'unknown_provider', 'deadline_exceeded', 'internal'],
});
