/** A provider at which this gateway registers itself (RFC 7591), in the place of a client id that somebody was given there. */
export interface OwnRegistration<S> {
  readonly at: RegistrationPlace;
  /** RFC 7591 section 3: the provider lets nobody register without it. */
  readonly initialAccessToken?: S;
  readonly softwareId?: string;
  /** RFC 7591 section 2.3: a JWT in which somebody whom the provider trusts says what this software is. */
  readonly softwareStatement?: string;
}

/** Where the registration endpoint is written, or found (RFC 8414 section 2). */
type RegistrationPlace = { readonly registrationEndpoint: string } | { readonly discoveryUrl: string };

/** What is asked first. */
export const registrationUrlOf = ({ at }: OwnRegistration<unknown>): string =>
  'discoveryUrl' in at ? at.discoveryUrl : at.registrationEndpoint;
