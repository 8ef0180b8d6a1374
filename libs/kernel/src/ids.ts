import { randomBytes, randomUUID } from 'node:crypto';

declare const brand: unique symbol;

/** A string that was checked or minted as one kind of id, so that two kinds cannot be swapped by accident. */
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One sign-in of one account at one client; the `tsid` claim of access tokens. */
export type SessionId = Branded<'SessionId'>;
/** A person, as Gatehouse knows them; the `sub` claim of access tokens. */
export type AccountId = Branded<'AccountId'>;
/** One walk through the sign-in chain, from consent to code. */
export type AttemptId = Branded<'AttemptId'>;
/** One account at one provider. */
export type ConnectionId = Branded<'ConnectionId'>;

export const newSessionId = (): SessionId => randomUUID() as SessionId;
export const newAccountId = (): AccountId => randomUUID() as AccountId;
export const newConnectionId = (): ConnectionId => randomUUID() as ConnectionId;
/** 128 random bits, URL-safe: an attempt id is the first part of the upstream `state`. */
export const newAttemptId = (): AttemptId => randomBytes(16).toString('base64url') as AttemptId;

/** An unguessable URL-safe value of `bytes` random bytes (default 32: 256 bits, 43 characters). */
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString('base64url');
