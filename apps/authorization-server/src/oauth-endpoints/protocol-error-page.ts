import type { ErrorOut } from 'oidc-provider';
import type { Html } from '../pages/html.js';
import { renderError, type ErrorText } from '../pages/error-page.js';

/** The page for a request that has no safe way back to its client: its redirect URI is not one that the client registered. */
export function protocolErrorPage(
  { error, error_description: description }: ErrorOut,
  basePath: string,
): Html {
  return renderError(textFor(error, description), error, basePath);
}

function textFor(error: string, description: string | undefined): ErrorText {
  const advice = 'Remove this server from the application and add it again, then start signing in anew.';
  switch (error) {
    case 'invalid_client':
      return {
        title: 'This application is not known here',
        what: 'The id of the application is not registered, or its description could not be read.',
        advice,
      };
    case 'invalid_redirect_uri':
      return {
        title: 'The return address is not registered',
        what: 'The application asked the gateway to send you to an address that it has not registered, so the gateway does not send you there.',
        advice,
      };
    case 'server_error':
      return {
        title: 'Something went wrong here',
        what: 'The gateway could not do this. It is not your fault, and the gateway has logged it.',
        advice: 'Wait a moment, then start again from the application.',
      };
    default:
      return {
        title: 'This request is not valid',
        what:
          description === undefined
            ? 'The request of the application is not valid.'
            : `The request of the application is not valid: ${description}.`,
        advice: 'Start again from the application. If this page comes back, tell its makers the code below.',
      };
  }
}
