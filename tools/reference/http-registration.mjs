/** What each route of a client's own registration is for: see http-authorization-server.mjs. */
const managementErrors = {
  401: 'no registration access token, or one of another client; the client may be gone',
  404: 'switched off',
  503: '`temporarily_unavailable`: ask again',
};

/** @param preflight as of every endpoint that pages of other sites may call, @param type of what is answered */
export const registrationManagement = (preflight, type) => ({
  '/oauth/register/{clientId}': {
    GET: {
      by: 'client',
      about: 'What the client has registered (RFC 7592), for who has its registration access token.',
      statuses: { 200: 'the registered client', ...managementErrors },
      type,
    },
    PUT: {
      by: 'client',
      about: 'Replaces what the client has registered, by the rules of a registration.',
      statuses: {
        200: 'the client, as it is registered now',
        400: 'metadata that is not accepted, or a member that RFC 7592 forbids here',
        ...managementErrors,
      },
      type,
      json: {
        client_id: 'Of this client.',
        client_secret: 'Its own, where it has one; it can be left out.',
        redirect_uris: 'Where codes may go, and all else that a registration has.',
      },
    },
    DELETE: {
      by: 'client',
      about: 'Deletes the client, and ends all sessions that people have at it.',
      statuses: { 204: 'done', ...managementErrors },
    },
    OPTIONS: preflight,
  },
});
