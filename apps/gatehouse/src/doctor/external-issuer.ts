import { clusterAccess } from '@gatehouse/config/cluster-access';
import type { IncomingOidc } from '@gatehouse/config/model/incoming-auth';
import type { Secret } from '@gatehouse/kernel/secret';
import { namedUrl } from '../shown-text.js';
import { asked, errorCodeOf, objectOf, textOf, type Party } from './asked.js';
import type { Check, DoctorFinding } from './finding.js';

type Issuer = IncomingOidc<Secret>['oidc'];

/** Another issuer whose tokens callers bring: its keys, and whether it answers questions about tokens. */
export const externalIssuerChecks = (oidc: Issuer, withinMs: number): readonly Check[] => {
  const about = `issuer ${oidc.issuer}`;
  return [
    { about, run: async () => await keyFindings(oidc, { kind: 'issuer', about, egress: oidc, withinMs }) },
    {
      about,
      run: async () =>
        await introspectionFindings(oidc, { kind: 'introspection', about, egress: oidc, withinMs }),
    },
  ];
};

/** As the proxy looks for them: RFC 8414, then OpenID Connect Discovery. */
async function keyFindings(written: Issuer, party: Party): Promise<readonly DoctorFinding[]> {
  const { about } = party;
  const issuer = await clusterAccess(written).catch(() => undefined);
  if (issuer === undefined)
    return [
      {
        name: 'issuer-cluster-access-missing',
        about,
        cause: 'Nothing is there with which the cluster could be asked for its keys: no caller gets in.',
        evidence: 'token or ca.crt cannot be read in clusterAuthFolder.',
        fix: 'Look at automountServiceAccountToken of the pod, or leave clusterAuthFolder out (useClusterAuth: false) where the keys are public.',
      },
    ];
  const { credential, jwksUrl } = issuer;
  const headers = {
    accept: 'application/json',
    ...(credential === undefined ? {} : { authorization: `Bearer ${credential.reveal()}` }),
  };
  const asking: Asking = { party: { ...party, egress: issuer }, headers };
  const found = jwksUrl ?? (await announcedKeys(issuer.issuer, asking));
  if (typeof found !== 'string') return [found];
  const answer = await asked(asking.party, { url: found, headers });
  if (!answer.ok) return [answer.finding];
  const keys = objectOf(answer.response)?.['keys'];
  return answer.response.status === 200 && Array.isArray(keys) && keys.length > 0
    ? []
    : [
        {
          name: 'issuer-keys-missing',
          about,
          cause: 'Its public keys are not where they should be: no caller gets in.',
          evidence: `Its key set answers ${answer.response.status}${Array.isArray(keys) ? ' without a key' : ''}.`,
          fix: 'Write incomingAuth.oidc.jwksUrl, or look whether the issuer has a signing key.',
        },
      ];
}

interface Asking {
  readonly party: Party;
  readonly headers: Readonly<Record<string, string>>;
}

async function announcedKeys(issuer: string, { party, headers }: Asking): Promise<string | DoctorFinding> {
  const { origin, pathname } = new URL(issuer);
  let evidence = '';
  for (const url of [
    `${origin}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`,
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  ]) {
    const answer = await asked(party, { url, headers });
    if (!answer.ok) return answer.finding;
    const metadata = objectOf(answer.response);
    const [named, keys] = [textOf(metadata?.['issuer']), textOf(metadata?.['jwks_uri'])];
    // RFC 8414, section 3.3: what another issuer says of itself is not used.
    if (named === issuer && keys !== undefined && URL.canParse(keys)) return keys;
    evidence = `Its metadata answer ${answer.response.status}, and name ${namedUrl(named) ?? 'no issuer'}.`;
  }
  return {
    name: 'issuer-metadata-missing',
    about: party.about,
    cause: 'It has no metadata of this issuer: nothing can be verified, and no caller gets in.',
    evidence,
    fix: 'Write the issuer exactly as its metadata have it, or write incomingAuth.oidc.jwksUrl.',
  };
}

/** Of nobody, and nothing that could be somebody's. */
const NO_TOKEN = 'gatehouse-doctor';

/** RFC 7662. A token that does not exist is not active; whoever may not ask gets 401 (section 2.3). */
async function introspectionFindings(
  { introspection }: Issuer,
  party: Party,
): Promise<readonly DoctorFinding[]> {
  if (introspection === undefined) return [];
  const { url, clientId, clientSecret } = introspection;
  const credentials = [clientId, clientSecret.reveal()].map(formEncoded).join(':');
  const answer = await asked(party, {
    url,
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    },
    body: new URLSearchParams({ token: NO_TOKEN, token_type_hint: 'access_token' }).toString(),
  });
  if (!answer.ok) return [answer.finding];
  const { status } = answer.response;
  const said = objectOf(answer.response);
  const error = said?.['error'];
  const finding = (name: string, cause: string, fix: string): readonly DoctorFinding[] => [
    {
      name,
      about: party.about,
      cause,
      evidence: `It answers ${status}, ${errorCodeOf(error)}, to a question about a token that does not exist.`,
      fix,
    },
  ];
  if (status === 200 && said?.['active'] === false) return [];
  if (status === 200 && said?.['active'] === true)
    return finding(
      'introspection-accepts-anything',
      'It says of a token that does not exist that it is active: whatever a caller brings may be taken.',
      'Do not use it. Write the introspection endpoint of the issuer.',
    );
  if (status === 404 || status === 405)
    return finding(
      'introspection-missing',
      'No introspection endpoint is there: no caller with an opaque token gets in.',
      'Write the endpoint that its documentation names into incomingAuth.oidc.introspection.url.',
    );
  if (status === 401 || status === 403 || REFUSED.test(typeof error === 'string' ? error : ''))
    return finding(
      'introspection-refused',
      'It refuses the credentials of this gateway: no caller with an opaque token gets in.',
      'Write the client id and the secret that are valid there, of a client that may ask about tokens.',
    );
  return finding(
    'introspection-not-understood',
    'What it answers does not say whether a token is active (RFC 7662, section 2.2).',
    'Write the introspection endpoint of the issuer into incomingAuth.oidc.introspection.url.',
  );
}

const REFUSED = /^(invalid_client|unauthorized_client|access_denied)$/;

/** RFC 6749, section 2.3.1. */
const formEncoded = (text: string): string => new URLSearchParams({ text }).toString().slice('text='.length);
