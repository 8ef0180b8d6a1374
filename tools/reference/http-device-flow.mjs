/** Routes of machines without a browser (RFC 8628): see http-descriptions.mjs. */
import { JSON_TYPE, oauthErrors, page, preflight } from './http-authorization-server.mjs';

export const deviceFlow = {
  '/oauth/device_authorization': {
    POST: {
      by: 'client',
      about:
        'Gives a machine without a browser a code that a person enters elsewhere (RFC 8628), where `authServer.deviceFlow` is.',
      statuses: {
        200: 'a device code, and the user code with its addresses',
        404: 'no machine can ask here',
        ...oauthErrors,
      },
      type: JSON_TYPE,
      members: ['device_code', 'user_code', 'verification_uri', 'expires_in', 'interval'],
      form: {
        client_id: 'Of a public client.',
        scope: 'Scopes, apart by blanks.',
        resource: 'RFC 8707: the MCP endpoint that the token is for.',
      },
    },
    OPTIONS: preflight,
  },
  '/device': {
    GET: {
      ...page('Where a person enters the code that a machine shows (RFC 8628, section 3.3).', {
        200: 'a page',
        404: '`authServer.deviceFlow` is not there',
      }),
      query: { user_code: 'The code, where the address has it. The person compares it.' },
    },
    POST: page('Takes the code. What follows is a sign-in.', {
      303: 'on to the sign-in',
      400: 'a page: the code cannot be used',
      403: 'the page is not current any more, or the form is of another page',
      404: '`authServer.deviceFlow` is not there',
      429: 'a page: too many codes were tried from here',
    }),
  },
  '/device/{uid}': {
    GET: page('How the sign-in of a machine ended.', {
      200: 'a page',
      303: 'back to a step that is open',
      400: 'a page: this browser has no such sign-in',
      404: '`authServer.deviceFlow` is not there',
    }),
  },
};
