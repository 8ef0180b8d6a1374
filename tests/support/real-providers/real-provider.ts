/** What a client must have at a provider. */
export interface ClientAtProvider {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
}

/** A person who can sign in at every provider: name and password are typed into its own pages. */
export interface Member {
  readonly login: string;
  readonly password: string;
}

export interface Registered {
  readonly client: ClientAtProvider;
  readonly members: readonly Member[];
}

/** A provider that nobody here wrote, with its default settings, in a process of its own. */
export interface RealProvider {
  /** What is written in `upstreamProviders` beside name, client id and secret. */
  readonly configuration: readonly string[];
  /** The port that the provider itself listens on; browsers and Gatehouse come through what watches it. */
  readonly port: number;
  readonly issuer: string;
  start(registered: Registered): Promise<void>;
  stop(): Promise<void>;
  /** Whose user information this is: the login. */
  loginOf(claims: Readonly<Record<string, unknown>>): string;
  /** As its operator does it: from then on another key signs. */
  rotateKeys(): Promise<void>;
  /** As its operator does it: the grants of that person are over. */
  endGrants(login: string): Promise<void>;
}

/** How a provider is made for a test: where it is seen from outside, and what `npm run real-providers` has installed of it. */
export interface Place {
  /** What everybody outside calls it. */
  readonly origin: string;
  readonly port: number;
  /** Of the program, where one has to be installed. */
  readonly folder: string;
}
