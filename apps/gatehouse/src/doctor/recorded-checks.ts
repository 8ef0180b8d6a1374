import type { Check, DoctorFinding, Observe } from './finding.js';
import type { Recorded, RecordedTokens } from './recorded-tokens.js';

/**
 * What the vault has seen of each provider's tokens, which nobody can ask for without a person: whether a refresh token is issued, whether
 * it rotates, and for whom access tokens are.
 */
export const recordedChecks = (
  providers: readonly string[],
  recorded: () => Promise<Recorded>,
): readonly Check[] =>
  providers.map((provider) => ({
    about: `provider ${provider}`,
    run: async (observe) => {
      const tokens = (await recorded()).providers.find((one) => one.provider === provider);
      if (tokens === undefined) return [];
      tell(tokens, observe);
      return findingsFor(tokens);
    },
  }));

function tell(tokens: RecordedTokens, observe: Observe): void {
  const { connections, withRefreshToken, withoutRefreshToken, rotated, notRotated, audiences } = tokens;
  observe('connections', String(connections));
  observe('refresh token', share('issued', 'not issued', withRefreshToken, withoutRefreshToken));
  observe('at a renewal', share('rotates', 'stays the same', rotated, notRotated));
  observe('audience of access tokens', listed(audiences));
}

/** All, none, or some of those of which it is known. */
function share(all: string, none: string, yes: number, no: number): string {
  if (yes + no === 0) return 'not seen yet';
  if (no === 0) return all;
  return yes === 0 ? none : `${all} for ${yes} of ${yes + no}`;
}

const MAX_LISTED = 5;

/** @param sets of what tokens name as `aud` */
export function listed(sets: readonly (readonly string[])[]): string {
  const all = [...new Set(sets.flat())];
  if (all.length === 0) return 'not seen: none is a JWT that names one';
  return `${all.slice(0, MAX_LISTED).join(', ')}${all.length > MAX_LISTED ? `, and ${all.length - MAX_LISTED} more` : ''}`;
}

function findingsFor(tokens: RecordedTokens): readonly DoctorFinding[] {
  const { provider, renewed, ended, newestHasNone } = tokens;
  const about = `provider ${provider}`;
  const findings: DoctorFinding[] = [];
  if (newestHasNone) findings.push(notIssued(tokens, about));
  else if (renewed === 0 && ended > 0)
    findings.push({
      name: 'provider-never-renewed',
      about,
      cause:
        'No connection to it was ever renewed: it gives no refresh tokens, or takes none back. People sign in anew whenever an access token ends.',
      evidence: `In the vault, ${ended} ${ended === 1 ? 'connection has' : 'connections have'} ended with the first access token, and none was renewed.`,
      fix: 'Ask for refresh tokens in the way that its documentation names (offline_access, access_type=offline), and allow them for this client there. The vault’s log says why a renewal failed (connection-needs-user, refresh-failed).',
    });
  const { rotated, rotatedRefused } = tokens;
  // One can be of a person who withdrew a consent.
  if (rotated > 1 && rotatedRefused === rotated)
    findings.push({
      name: 'provider-rotated-refused',
      about,
      cause:
        'It gives another refresh token at each renewal, and then takes none of them: somebody else may use the same ones, such as a second gateway or a restored copy of the database.',
      evidence: `In the vault, all ${rotated} connections that were renewed with another refresh token wait for a new sign-in.`,
      fix: 'Let one installation alone use these connections, and look how long refresh tokens live there. The vault’s log says why a renewal failed (refresh-failed).',
    });
  return findings;
}

const notIssued = (
  { withoutRefreshToken, withRefreshToken }: RecordedTokens,
  about: string,
): DoctorFinding => ({
  name: 'provider-refresh-token-not-issued',
  about,
  cause:
    'It issued no refresh token at the last sign-in: that person signs in anew when the access token ends.',
  evidence: `In the vault, ${withoutRefreshToken} of ${withoutRefreshToken + withRefreshToken} connections have no refresh token, the newest among them.`,
  fix: 'Ask for refresh tokens in the way that its documentation names (offline_access; access_type=offline, with prompt=consent where only a first consent gives one), and allow them for this client there. Who is connected without one connects again.',
});
