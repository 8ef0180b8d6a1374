import type { ErrorOut } from 'oidc-provider';
import type { Html } from '../pages/html.js';
import { renderError, type ErrorText } from '../pages/error-page.js';

/** A request that cannot be answered at the client, because nobody may be sent to a redirect URI that is not its own. */
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
        what: 'The application identified itself with an id that is not registered, or whose description could not be read.',
        advice,
      };
    case 'invalid_redirect_uri':
      return {
        title: 'The way back does not fit',
        what: 'The application asked to be called at an address that is not among those it registered, so you are not sent there.',
        advice,
      };
    case 'server_error':
      return {
        title: 'Something went wrong here',
        what: 'The gateway could not do this. It is not your fault, and it has been written down.',
        advice: 'Wait a moment, then start again from the application.',
      };
    default:
      return {
        title: 'This request cannot be answered',
        what:
          description === undefined
            ? 'The request of the application is not valid.'
            : `The request of the application is not valid: ${description}.`,
        advice: 'Start again from the application. If this page comes back, tell its makers the code below.',
      };
  }
}
