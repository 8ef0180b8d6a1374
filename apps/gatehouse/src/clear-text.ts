import { isHttps, isLocalhost } from '@gatehouse/config/urls/hosts';
import { Cannot } from './cannot.js';

const ALLOW_HTTP = '--insecure-allow-http';

/**
 * Whoever is on the way of a request in clear text has the token that is in it. On this machine nobody is.
 * @throws {Cannot} unless the person says that they want it
 */
export function refuseClearText(url: string, isAllowed: boolean): void {
  if (isAllowed || isHttps(url) || isLocalhost(url)) return;
  throw new Cannot(
    `${url} is http: whoever is on the way can take the access token. Write an https URL; where the network is safe, say so with ${ALLOW_HTTP}.`,
    'usage',
  );
}
