import { DNS_LABEL } from '@gatehouse/kernel/dns-label';
import type { AccountId, AttemptId, ConnectionId, SessionId } from '@gatehouse/kernel/ids';
import { isStorableText } from '@gatehouse/kernel/storable-text';
import { z } from 'zod';

const uuid = z.uuid();

export const sessionId = uuid.transform((value) => value as SessionId);
export const accountId = uuid.transform((value) => value as AccountId);
export const connectionId = uuid.transform((value) => value as ConnectionId);
export const attemptId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22}$/)
  .transform((value) => value as AttemptId);

/** The name of a provider or a backend in the configuration (a DNS label). */
export const configuredName = z.string().regex(DNS_LABEL);

/** Milliseconds since the epoch. */
export const instantMs = z.int().nonnegative();

/** SHA-256, base64url. */
export const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** An entry of the custody log: `<chain>:<number>`, as `gatehouse audit verify --head` takes it. */
export const custodyEntry = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:[1-9]\d{0,9}$/);

/** A compact JWE (RFC 7516): five base64url parts, of so many characters together. */
const jweOfAtMost = (characters: number) =>
  z
    .string()
    .max(characters)
    .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);

/** The only form in which a token or a code crosses the bus. */
export const jwe = jweOfAtMost(65_536);

/** The bus takes messages of 1 MB. */
export const MAX_LONG_JWE_LENGTH = 983_040;
/** What a person or a model said to a backend. */
export const longJwe = jweOfAtMost(MAX_LONG_JWE_LENGTH);

/** The public half of an X25519 key (RFC 8037) that a sealed message is made for. */
export const recipientKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('X25519'),
  x: digest,
  kid: z.string().min(1).max(64),
});
export type RecipientKey = z.output<typeof recipientKey>;

/** Text from outside that ends in a row: see `storable-text`. */
const storable = (most: number) => z.string().max(most).refine(isStorableText);

/** The subject of a person at one provider. */
export const upstreamSubject = storable(512).min(1);

/** The subject with the name and mail address that the provider gave; never a token. */
export const upstreamIdentity = z.strictObject({
  subject: upstreamSubject,
  name: storable(512).optional(),
  email: storable(512).optional(),
});
export type UpstreamIdentity = z.output<typeof upstreamIdentity>;
