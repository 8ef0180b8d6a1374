/** Tokens that a pre-registered client gets without a browser of its own. */
export interface ClientGrants {
  /** For a person who signs in elsewhere (RFC 8628). Absent: it gets none in this way. */
  readonly deviceFlow?: boolean;
  /** People administer with it: its sign-ins are for the administrator's API, and for nothing else. */
  readonly administers?: boolean;
  /** For itself (RFC 6749, section 4.4). Absent: it gets none. */
  readonly clientCredentials?: GrantedTokens;
  /** For a person whose token it has (RFC 8693). Absent: it gets none. */
  readonly tokenExchange?: ExchangeGrant;
  /** For a person whom an issuer asserts (RFC 7523, section 2.1). Absent: it gets none. */
  readonly identityAssertions?: AssertionGrant;
  /** The one who may act for people of this client (`may_act`, RFC 8693, section 4.4). Absent: whom `tokenExchange` lets. */
  readonly mayAct?: string;
}

/** What such tokens are good for. */
export interface GrantedTokens {
  /** MCP endpoints of this gateway; a token is for one of them (RFC 8707). */
  readonly resources: readonly string[];
  readonly scopes: readonly string[];
}

export interface ExchangeGrant extends GrantedTokens {
  /** Ids of the clients whose people's tokens it may present; `*` alone: of every client. */
  readonly subjectClients: readonly string[];
  /** Ids of other clients that it may name as the actor, by a token of theirs. */
  readonly actors: readonly string[];
  readonly lifespanMs: number;
}

export interface AssertionGrant extends GrantedTokens {
  /** Of `assertionIssuers`: whose assertions it may present. */
  readonly issuers: readonly string[];
  readonly lifespanMs: number;
}

/** How many actors a token names at most, one behind the other (RFC 8693, section 4.1). */
export const MAX_ACTORS = 4;

export interface MachineClients {
  /** Ids of clients that come with tokens of their own, and for no person. */
  readonly machineClients: readonly string[];
}

export const machineClientsIn = ({
  clientRegistration: { clients },
}: {
  readonly clientRegistration: {
    readonly clients: readonly (ClientGrants & { readonly clientId: string })[];
  };
}): readonly string[] =>
  clients.filter(({ clientCredentials }) => clientCredentials !== undefined).map(({ clientId }) => clientId);

/** Scopes that are about a person, or about a token that is renewed for one. */
export const SCOPES_OF_PEOPLE: readonly string[] = ['openid', 'profile', 'email', 'offline_access'];

/**
 * Accounts have UUIDs, and the subject of a client's own token is its id. A client with such an id could be taken for a person, so none
 * gets tokens of its own (RFC 9068, section 5).
 */
export const looksLikeAccount = (clientId: string): boolean =>
  /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(clientId);
