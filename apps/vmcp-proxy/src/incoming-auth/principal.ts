import type { SessionId } from '@gatehouse/kernel/ids';
import type { Secret } from '@gatehouse/kernel/secret';

/** The verified caller, as the access token describes it. */
export interface Principal {
  readonly issuer: string;
  readonly subject: string;
  /** The session that the token belongs to; absent with an external issuer and with anonymous callers. */
  readonly tsid?: SessionId;
  readonly clientId: string;
  /** The client comes for itself, and for no person (RFC 6749, section 4.4): `subject` is its id. */
  readonly isClient?: true;
  readonly scopes: ReadonlySet<string>;
  /** All claims of the verified token. Absent with anonymous callers. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The caller's own token: for the vault (sealed), never for a backend. Absent with anonymous callers. */
  readonly token?: Secret;
  /** Present where somebody acts for the person. */
  readonly delegate?: Delegate;
  /** Thumbprint of the key that the token is bound to (RFC 9449, section 6.1); absent: whoever has the token may use it. */
  readonly boundTo?: string;
  /** Thumbprint of the certificate that it is bound to (RFC 8705, section 3.1). */
  readonly boundToCertificate?: string;
  /** {@link principalKey} of the above. */
  readonly key: string;
}

/** Who acts for a person (RFC 8693, section 4.1), and with how much of what is theirs. */
export interface Delegate {
  /** The one who acts, and those behind. */
  readonly actors: readonly string[];
  /** Names them, whatever their token holds. */
  readonly chain: string;
  /** Names the delegation: who acts, by which client, with which scopes. */
  readonly key: string;
}

/**
 * Issuer, subject and session as one text that no other values give, and with them who acts for the person. Every cache of
 * something of a user starts with it. A client that comes for itself has no session and no account's id (`looksLikeAccount`), so
 * its key is no person's.
 */
export const principalKey = (
  issuer: string,
  subject: string,
  tsid: string | undefined,
  delegate?: Delegate,
): string =>
  JSON.stringify([issuer, subject, tsid ?? null, ...(delegate === undefined ? [] : [delegate.key])]);

/** Whose an MCP session is: who acts for a person does not go on with theirs, nor they with the delegate’s. */
export const sessionOwner = ({ subject, delegate }: Pick<Principal, 'subject' | 'delegate'>): string =>
  delegate === undefined ? subject : JSON.stringify([subject, delegate.key]);

/**
 * Who asked for something that they come back for: the person, by one client, and whoever acted for them. A renewed token, or one with
 * other scopes, is still theirs (MCP 2025-11-25, tasks, task isolation and access control).
 */
export const requestorKey = ({ issuer, subject, clientId, delegate }: Requestor): string =>
  JSON.stringify([issuer, subject, clientId, ...(delegate === undefined ? [] : [delegate.chain])]);

export type Requestor = Pick<Principal, 'issuer' | 'subject' | 'clientId' | 'delegate'>;

/**
 * The person, whatever sign-in the call belongs to. Limits count persons: anybody can sign in several times. Anonymous
 * callers have none, since they cannot be told apart.
 */
export function personKey(person: Pick<Principal, 'issuer' | 'subject'>): string {
  let key = personKeys.get(person);
  if (key === undefined) {
    key = JSON.stringify([person.issuer, person.subject]);
    personKeys.set(person, key);
  }
  return key;
}

/** Each call asks several times, and its principal is the one of the call before. */
const personKeys = new WeakMap<Pick<Principal, 'issuer' | 'subject'>, string>();

/** Key of something that belongs to one principal at one backend. */
export const backendKey = (principal: Pick<Principal, 'key'>, backend: string): string =>
  // A line break can stand in neither half: JSON escapes it, and a backend's name is a DNS label.
  `${principal.key}\n${backend}`;

/** The only caller where nobody signs in (development). */
export const ANONYMOUS: Principal = {
  issuer: 'anonymous',
  subject: 'anonymous',
  clientId: 'anonymous',
  scopes: new Set(),
  key: principalKey('anonymous', 'anonymous', undefined),
};
