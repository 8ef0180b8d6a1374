import { z } from 'zod';
import { defineRequest } from '../contract.js';

/** The public signing keys (RFC 7517), so that the proxy can verify tokens without reaching the public issuer URL. */
export const signingKeysCurrent = defineRequest({
  name: 'signing-keys.current',
  version: 1,
  answeredBy: 'authorization-server',
  calledBy: ['vmcp-proxy'],
  request: z.strictObject({}),
  reply: z.strictObject({
    keys: z.array(z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string() })),
  }),
  errors: ['deadline_exceeded', 'internal'],
  idempotent: true,
});
