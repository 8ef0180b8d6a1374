import type { ErrorOut } from 'oidc-provider';
import { renderError, type ErrorText } from '../pages/error-page.js';
import { fact } from '../pages/fact.js';
import { html, known, t, type Html } from '../pages/html.js';
import { forgettingClients } from './forgetting-clients.js';
import type { Site } from '../pages/site.js';

/** What of the request is known, as its sender wrote it. */
export interface AskedBy {
  readonly clientId?: string | undefined;
  readonly redirectUri?: string | undefined;
  /** The host of the client's document. */
  readonly isUnreached?: boolean;
  /** Of the line of the log. */
  readonly reference: string;
}

/** The page for a request that has no safe way back to its client: its redirect URI is not one that the client registered. */
export function protocolErrorPage(
  { error, error_description: description }: ErrorOut,
  site: Site,
  { clientId, redirectUri, isUnreached = false, reference }: AskedBy,
): Html {
  const isStale = error === 'invalid_client' && !URL.canParse(clientId ?? '');
  const hints = isStale || error === 'invalid_redirect_uri' ? forgetting(redirectUri) : undefined;
  return renderError(
    {
      ...(isUnreached ? unreachedText(clientId) : textFor(error, description, isStale)),
      ...(hints === undefined ? {} : { more: hints }),
    },
    error,
    site,
    { reference },
  );
}

/** The application registered here once, and shows the browser an id of that time for ever. Only its person can change that. */
const forgetting = (redirectUri: string | undefined): Html =>
  html`<h2>${t`How to do that`}</h2>
    <dl>${forgettingClients(redirectUri).map(({ name, steps }) => fact(known(name), known(steps)))}</dl>`;

const unreachedText = (clientId: string | undefined): ErrorText => {
  const host = URL.parse(clientId ?? '')?.host ?? t`its host`;
  return {
    title: t`The description of this application cannot be read`,
    what: t`The id of the application is the address of its description, at ${host}. The gateway cannot reach that host.`,
    advice: t`Start again from the application: many applications now sign in without that description. If this page comes back, tell the people who run this gateway that it cannot reach ${host}.`,
  };
};

function textFor(error: string, description: string | undefined, isStale: boolean): ErrorText {
  const advice = t`Make the application forget how it signed in here, so that it registers anew. Then sign in again from there.`;
  switch (error) {
    case 'invalid_client':
      return isStale
        ? {
            title: t`This application is not known here`,
            what: t`The application shows an id that this gateway does not have, or not any more. It goes on using that id until you make it forget it.`,
            advice,
          }
        : {
            title: t`The description of this application cannot be read`,
            what: t`The id of the application is the address of its description. The gateway could not read it there, or does not accept it.`,
            advice: t`Wait a moment, then start again from the application. If this page comes back, tell the people who run this gateway: it may not be able to reach that address.`,
          };
    case 'invalid_redirect_uri':
      return {
        title: t`The return address is not registered`,
        what: t`The application asked the gateway to send you to an address that it has not registered, so the gateway does not send you there.`,
        advice,
      };
    case 'server_error':
      return {
        title: t`Something went wrong here`,
        what: t`The gateway could not do this. It is not your fault, and the gateway has logged it.`,
        advice: t`Wait a moment, then start again from the application.`,
      };
    default:
      return {
        title: t`This request is not valid`,
        what:
          description === undefined
            ? t`The request of the application is not valid.`
            : t`The request of the application is not valid: ${description}.`,
        advice: t`Start again from the application. If this page comes back, tell the makers of the application the code below.`,
      };
  }
}
