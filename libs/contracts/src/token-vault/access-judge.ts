import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { accountId, attemptId, sessionId, upstreamSubject } from '../fields.js';
import { PERSON_ERRORS } from './person.js';

/** Absent: to sign in. A vault of the release before does not know it, and refuses the question. */
const action = z.literal('administer').exactOptional();

/**
 * Whether the policies of `access` let a person in, by what the primary provider says of them now. `attempt`: who has just signed in
 * there as that subject, and is nobody's connection yet. `account`: whose connection a new sign-in would use again. `session`: who
 * wants another token; only there does what was said in the last hour count while the provider is away. Never a claim, never a token.
 * `action`: who may administer has to be let in by the policies about that as well, and then nothing counts that was said before.
 */
export const accessJudge = defineRequest({
  name: 'access.judge',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.discriminatedUnion('of', [
    z.strictObject({ of: z.literal('attempt'), attemptId, subject: upstreamSubject, action }),
    z.strictObject({ of: z.literal('account'), accountId, action }),
    z.strictObject({ of: z.literal('session'), tsid: sessionId, action }),
  ]),
  reply: z.discriminatedUnion('verdict', [
    z.strictObject({ verdict: z.literal('admitted') }),
    z.strictObject({
      verdict: z.literal('refused'),
      /** Finds the vault's line, which says by which policy. */
      reference: z.string().max(64),
      /** `@reason` of a policy that forbids it: written by the operator, for the person. */
      reason: z.string().max(256).optional(),
    }),
  ]),
  errors: PERSON_ERRORS,
  idempotent: true,
  timeoutMs: 20_000,
});
