import { isPrivateUseRedirect } from '@gatehouse/config/urls/client-uris';
import { fact } from '../pages/fact.js';
import { html, t, type Html } from '../pages/html.js';

/** What gets the tokens: an address of the client, or the device that shows this code. */
export type Destination = { readonly redirectUri: string } | { readonly userCode: string };

export const destinationFact = (destination: Destination): Html | undefined =>
  'userCode' in destination
    ? fact(t`Code on the device`, html`<strong><code>${destination.userCode}</code></strong>`)
    : fact(t`Sends you back to`, redirectTarget(destination.redirectUri));

/**
 * Where the code goes. The host, or the scheme of an installed application, stands first, because it says whose address that
 * is. The whole address stands below it, because one host can have several.
 */
export function redirectTarget(redirectUri: string): Html {
  return html`<strong>${placeOf(redirectUri)}</strong><br /><code class="address">${redirectUri}</code>`;
}

function placeOf(redirectUri: string): Html | string {
  const url = URL.parse(redirectUri);
  if (url === null) return t`an address that cannot be read`;
  return isPrivateUseRedirect(redirectUri) ? t`an application that opens ${url.protocol} links` : url.host;
}

/** A warning about a client that another program could pretend to be, and about each device (RFC 8628, section 5.4). */
export function destinationNote(destination: Destination, isAssured: boolean): Html | undefined {
  if (isAssured && !('userCode' in destination)) return undefined;
  return html`<div class="note">
    <p>${warning(destination)}</p>
  </div>`;
}

function warning(destination: Destination): Html {
  if ('userCode' in destination)
    return t`A device or a program without a browser will be signed in as you. Go on only if you are using it now, and it shows ${html`<strong>${t`this code`}</strong>`}. If somebody else told or sent you the code, cancel.`;
  return /^https:/i.test(destination.redirectUri)
    ? t`This application did not prove who it is, so its name cannot be checked. Go on only if you have just started signing in from it.`
    : t`This application runs on a computer, not on a web site, so its name cannot be checked. Go on only if you have just started signing in from it on ${html`<strong>${t`this`}</strong>`} computer.`;
}
