import { legRefusal } from '@gatehouse/contracts/token-vault/connection-complete';
import { accountId, configuredName, digest, sessionId, upstreamIdentity } from '@gatehouse/contracts/fields';
import { HOUR_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { z } from 'zod';

/** How long one attempt may take, consent and all providers included. */
export const ATTEMPT_TTL_MS = 30 * MINUTE_MS;

/**
 * How long an authorization request waits in the browser that made it. Whoever comes back to its page after the attempt has
 * expired begins a new attempt there, with the approval, instead of at the client.
 */
export const REQUEST_TTL_MS = 12 * HOUR_MS;

/** Why a leg did not become a connection: a reason of the vault, or that the identity is taken here. */
const legFailure = z.enum([...legRefusal.options, 'identity_taken']);
export type LegFailure = z.output<typeof legFailure>;

/** How a leg ended. A leg without an outcome is open. */
const legOutcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), identity: upstreamIdentity }),
  z.strictObject({ kind: z.literal('failed'), reason: legFailure }),
  z.strictObject({ kind: z.literal('skipped') }),
]);
export type LegOutcome = z.output<typeof legOutcome>;

/** A callback that came. No other delivery of it is handed to the vault. */
const arrival = z.object({
  atMs: z.number(),
  /** Until then its outcome may still be written. Past: it ended, or the replica that received it died. */
  untilMs: z.number(),
  /** How often it was delivered. */
  times: z.number(),
});

/** Whom the policies of `access` did not let in, for their page. */
const refused = z.strictObject({
  /** Finds the vault's line. */
  reference: z.string(),
  /** As the provider calls them. */
  name: z.string().optional(),
  /** The operator's words. */
  reason: z.string().optional(),
});
export type Refused = Readonly<z.output<typeof refused>>;

/** An account that signs in. A new one is written when the chain completes, so that an abandoned chain leaves nothing. */
const person = z.strictObject({ accountId, isNew: z.boolean() });

const shared = {
  /** SHA-256 of the cookie of the browser that began the attempt. No other browser can go on with it. */
  browserBinding: digest.optional(),
  person: person.optional(),
  legs: z.record(configuredName, legOutcome),
  /** Providers whose next visit asks for a fresh choice of account. */
  fresh: z.array(configuredName),
  /** By the digest of the callback's `state`. Absent in attempts of the release before. */
  arrivals: z.record(digest, arrival).optional(),
};

/** Unknown members come from the release before or after this one, and are ignored. */
const attemptState = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('sign-in'),
    ...shared,
    clientId: z.string(),
    /** How the client asked for a fresh choice of account; absent: as suits the provider. */
    asked: z.literal('select_account').optional(),
    /** As its pages call the client. */
    clientName: z.string().optional(),
    /** Stands for whom the policies of `access` let in. Absent: nobody was asked. */
    admitted: digest.optional(),
    /** The person was not let in. The attempt is for somebody else now, or at its end. */
    refused: refused.optional(),
    /** The account's connection to the primary provider says nothing any more of who may sign in. */
    mustVisitPrimary: z.boolean().optional(),
    /** The client's `max_age`. */
    maxAgeSeconds: z.number().optional(),
    /** The client's `acr_values`. */
    acrValues: z.string().optional(),
    /** How the person proved to be `person` there, as the primary provider says. */
    acr: z.string().optional(),
    amr: z.array(z.string()).optional(),
    /** The primary provider was asked to keep to that, and let somebody through who signed in there before. */
    isTooOld: z.boolean().optional(),
    /** When the person last proved to be `person` at the primary provider. */
    provenAtMs: z.number().optional(),
    /** The client has its answer, or is about to get it. */
    answered: z.boolean().optional(),
    /** The session that this sign-in opens. */
    tsid: sessionId,
    /** Fingerprint of what the user approved on a page of this attempt. */
    approvedAs: digest.optional(),
    /** The person confirmed, in this attempt, to go on as this account with its connections. An approval counts as well. */
    reuseConfirmed: z.boolean(),
  }),
  z.object({
    kind: z.literal('connect'),
    ...shared,
    /** The provider to connect; absent when the browser is only being signed in. */
    provider: configuredName.optional(),
    /** The account that asked. Any other one is refused. */
    expectedAccountId: accountId.optional(),
    adopted: z.boolean(),
  }),
]);

export type AttemptState = z.output<typeof attemptState>;
export type SignInState = Extract<AttemptState, { kind: 'sign-in' }>;
export type ConnectState = Extract<AttemptState, { kind: 'connect' }>;
export const parseAttemptState = (value: unknown): AttemptState => attemptState.parse(value);
