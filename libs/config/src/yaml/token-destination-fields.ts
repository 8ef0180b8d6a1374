import { list, text } from './fields.js';

/** How a token travels to a backend; the same for every strategy that gives one. */
export const tokenDestination = {
  headerName: text('headerName', 'Request header that holds the token.').default('Authorization'),
  scheme: text('authScheme', 'What stands in front of the token; empty: the token alone.').default('Bearer'),
  allowedHosts: list(
    text('allowedHost', 'A host, `host:port`, or `*.domain` for every host below it.'),
    'Hosts that the token may go to. A backend elsewhere is refused.',
    { derived: 'the host of the backend, whatever it is' },
  ).exactOptional(),
};
