import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { sessionId } from '../fields.js';
import { PERSON_ERRORS } from './person.js';

const MAX_VALUES = 200;
const text = z.string().max(256);

/**
 * What the primary provider says of the person of a session now, as far as the configuration maps it into access tokens. Where
 * it can be asked, the provider is asked: for a new id_token, or at its user information endpoint. Never a token.
 */
export const connectionClaims = defineRequest({
  name: 'connection.claims',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({ tsid: sessionId }),
  reply: z.strictObject({
    claims: z.record(z.string(), z.union([text, z.number(), z.boolean(), z.array(text).max(MAX_VALUES)])),
  }),
  errors: PERSON_ERRORS,
  idempotent: true,
  timeoutMs: 20_000,
});
