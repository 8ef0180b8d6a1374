import { redirectUriProblem } from '@gatehouse/config/urls/client-uris';

/** Where a client wants to be told that a session of its has ended (OpenID Connect Back-Channel Logout 1.0, section 2.2). */
export const BACKCHANNEL_LOGOUT_URI = 'backchannel_logout_uri';

/**
 * Of any client; that of the configuration may be on localhost.
 * @param written `undefined`: none
 * @returns what is wrong, in a sentence for the client's developer.
 */
export function backchannelLogoutUriProblem(written: unknown): string | undefined {
  if (written === undefined) return undefined;
  const problem = redirectUriProblem(written, []);
  if (problem !== undefined) return `${BACKCHANNEL_LOGOUT_URI} ${problem}`;
  return typeof written === 'string' && /^https?:/i.test(written)
    ? undefined
    : `${BACKCHANNEL_LOGOUT_URI} must be https`;
}

/** Of a client that registers by itself. To which address its name leads is looked at when it is used. */
export const registeredLogoutUriProblem = (written: unknown): string | undefined =>
  backchannelLogoutUriProblem(written) ??
  (written === undefined || (typeof written === 'string' && /^https:/i.test(written))
    ? undefined
    : `${BACKCHANNEL_LOGOUT_URI} must be https`);
