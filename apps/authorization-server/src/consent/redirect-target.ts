import { isPrivateUseRedirect } from '@gatehouse/config/urls/client-uris';
import { html, t, type Html } from '../pages/html.js';

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

/** A warning about a client that another program could pretend to be. */
export const unassuredNote = (redirectUri: string): Html =>
  html`<div class="note">
    <p>
      ${/^https:/i.test(redirectUri) ? t`This application did not prove who it is, so its name cannot be checked. Go on only if you have just started signing in from it.` : t`This application runs on a computer, not on a web site, so its name cannot be checked. Go on only if you have just started signing in from it on ${html`<strong>${t`this`}</strong>`} computer.`}
    </p>
  </div>`;
