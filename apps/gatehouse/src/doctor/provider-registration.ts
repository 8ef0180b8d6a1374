import type { OwnRegistration } from '@gatehouse/config/model/own-registration';
import { issuerOfDocument } from '@gatehouse/config/urls/mistakes';
import { namedUrl } from '../shown-text.js';
import { asked, objectOf, textOf, type Party } from './asked.js';
import type { DoctorFinding } from './finding.js';

/**
 * Whether this gateway could register itself at a provider. It is not registered here: what a registration is good for, the
 * vault alone keeps.
 */
export async function registrationFindings(
  { at }: OwnRegistration<unknown>,
  party: Party,
): Promise<readonly DoctorFinding[]> {
  if ('registrationEndpoint' in at) return await endpointFindings(at.registrationEndpoint, party);
  const { discoveryUrl } = at;
  const answer = await asked(party, { url: discoveryUrl, headers: { accept: 'application/json' } });
  if (!answer.ok) return [answer.finding];
  const { status } = answer.response;
  const metadata = objectOf(answer.response);
  const { origin } = new URL(discoveryUrl);
  if (status !== 200 || metadata === undefined)
    return [missing(party, `${origin} answers ${status}${status === 200 ? ', and no JSON object' : ''}.`)];
  const [named, expected] = [textOf(metadata['issuer']), issuerOfDocument(discoveryUrl)];
  if (named?.replace(/\/$/, '') !== expected?.replace(/\/$/, ''))
    return [
      {
        name: 'provider-issuer',
        about: party.about,
        cause:
          'The metadata at discoveryUrl is of another issuer: nothing is registered (RFC 8414 section 3.3).',
        evidence: `It should be ${expected ?? 'none'}, and is ${namedUrl(named) ?? 'none'}.`,
        fix: 'Write the URL of the metadata of this provider.',
      },
    ];
  const endpoint = textOf(metadata['registration_endpoint']);
  return endpoint === undefined || !URL.canParse(endpoint)
    ? [missing(party, 'There is no registration_endpoint in its metadata.')]
    : await endpointFindings(endpoint, party);
}

/** Any answer but 404 will do: the endpoint takes POST alone. */
export async function endpointFindings(url: string, party: Party): Promise<readonly DoctorFinding[]> {
  if (url.startsWith('http:') && !party.egress.insecureAllowHttp)
    return [missing(party, 'Its registration endpoint begins with http:, where no request is ever sent.')];
  const answer = await asked(party, { url, method: 'OPTIONS' });
  if (!answer.ok) return [answer.finding];
  return answer.response.status === 404 ? [missing(party, `${new URL(url).origin} answers 404.`)] : [];
}

const missing = ({ about }: Party, evidence: string): DoctorFinding => ({
  name: 'provider-registration-missing',
  about,
  cause: 'This gateway cannot register itself there: nobody could sign in (RFC 7591).',
  evidence,
  fix: 'Turn on Dynamic Client Registration at the provider; or write the clientId of a client registered by hand, in the place of dcrConfig.',
});
