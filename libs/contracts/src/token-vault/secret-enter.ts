import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { accountId, configuredName, jwe } from '../fields.js';

/** Of a secret that a person enters. */
export const MAX_ENTERED_LENGTH = 4_096;

/** Goes into a header as it is: visible ASCII, with blanks inside alone (RFC 9110 section 5.5). */
export const enteredSecret = z
  .string()
  .max(MAX_ENTERED_LENGTH)
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);

/**
 * Keeps a secret that a person entered for backends whose strategy is `headerInjection` with `perUser`, instead of the one
 * before, and binds it to the account's open sessions. It crosses the bus sealed for the vault's bus key, as
 * `{ "secret": "…" }`. It is listed, revoked and released (`credential.inject`) under its name like a connection.
 */
export const secretEnter = defineRequest({
  name: 'secret.enter',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({ accountId, name: configuredName, sealedSecret: jwe }),
  reply: z.strictObject({ entered: z.literal(true) }),
  errors: ['request_invalid', 'unknown_provider', 'deadline_exceeded', 'internal'],
  idempotent: true,
});
