/** Which header of a request holds the token. */
export interface TokenHeader {
  readonly headerName: string;
  /** In front of the token (RFC 9110 section 11.4); empty: the token alone. */
  readonly scheme: string;
}

/** How a token travels to a backend, and where it may go. */
export interface TokenDestination {
  /** Absent: `Authorization: Bearer …` (RFC 6750 section 2.1). */
  readonly header?: TokenHeader;
  /** Patterns of hosts (`urls/allowed-hosts.ts`) that the backend's URL must match. Absent: it is where it is. */
  readonly allowedHosts?: readonly string[];
}
