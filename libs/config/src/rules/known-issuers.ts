import type { Finding } from '../findings/problems.js';
import { PROFILES } from '../profiles/profiles.js';
import { issuerPath, providersOf, type Rule } from './rule.js';

interface Advice {
  readonly message: string;
  readonly instead: string;
}

/** Issuers whose hosts are known not to be what is written. Profiles have what each provider needs. */
export const knownIssuers: Rule = (model) =>
  providersOf(model).flatMap((placed): readonly Finding[] => {
    const { value } = placed;
    if (value.protocol.type !== 'oidc') return [];
    const { issuer, issuerTemplate } = value.protocol;
    const url = URL.parse(issuer);
    if (url === null) return [];
    const advice =
      withoutOidc(url) ??
      anotherHost(url) ??
      (issuerTemplate === undefined ? ofEntra(url) : undefined) ??
      spelling(url, issuer) ??
      endpoint(url);
    return advice === undefined ? [] : [{ path: issuerPath(placed), ...advice }];
  });

/** Hosts of providers that are plain OAuth 2. */
const PLAIN = new Map(
  Object.entries(PROFILES).flatMap(([name, { type, title, fields }]) => {
    const endpointUrl = type === 'oauth2' ? URL.parse(fields.authorizationEndpoint ?? '') : null;
    return endpointUrl === null || endpointUrl.hostname.includes('{')
      ? []
      : [[endpointUrl.hostname, { name, title }]];
  }),
);

function withoutOidc({ hostname }: URL): Advice | undefined {
  const known = PLAIN.get(hostname.replace(/^www\./, ''));
  return known === undefined
    ? undefined
    : {
        message: `${known.title} signs people in with OAuth 2 and has no discovery document here.`,
        instead: `provider: ${known.name} in the place of type and oidcConfig`,
      };
}

/** Hosts that people see in their browser where the issuer is another one. */
function anotherHost({ hostname }: URL): Advice | undefined {
  if (['google.com', 'www.google.com', 'accounts.youtube.com'].includes(hostname))
    return {
      message: 'No discovery document is there: the issuer of Google is https://accounts.google.com.',
      instead: 'provider: google in the place of type and oidcConfig',
    };
  const okta = /^(.+)-admin(\.okta(?:preview)?\.com|\.okta-emea\.com)$/.exec(hostname);
  return okta === null
    ? undefined
    : {
        message: 'This is where administrators of Okta work; its issuer has no -admin in its host.',
        instead: `https://${okta[1] ?? ''}${okta[2] ?? ''}`,
      };
}

const MANY_TENANTS = /^\/(common|organizations|consumers)(\/|$)/;

function ofEntra({ hostname, pathname }: URL): Advice | undefined {
  if (hostname !== 'login.microsoftonline.com') return undefined;
  if (MANY_TENANTS.test(pathname))
    return {
      message:
        'The discovery document there names {tenantid} in the place of an issuer, so it never equals this.',
      instead:
        'provider: entra-organizations in the place of type and oidcConfig, or provider: entra with your tenant',
    };
  return pathname.replace(/\/$/, '').endsWith('/v2.0')
    ? undefined
    : {
        message: 'Without /v2.0 the discovery document names an issuer at sts.windows.net.',
        instead: 'provider: entra with your tenant, or this URL with /v2.0 at its end',
      };
}

/** RFC 8414 section 3.3: the document's issuer is compared byte for byte, and these are known. */
function spelling({ hostname, pathname }: URL, issuer: string): Advice | undefined {
  const endsInSlash = issuer.endsWith('/');
  const isWithout = ['accounts.google.com', 'gitlab.com', 'login.microsoftonline.com'].includes(hostname);
  if (endsInSlash && (isWithout || /\.okta(preview)?\.com$|\.okta-emea\.com$/.test(hostname)))
    return {
      message:
        'The issuer in the discovery document there has no slash at its end, and it is compared exactly.',
      instead: issuer.replace(/\/+$/, ''),
    };
  return hostname.endsWith('.auth0.com') && pathname === '/' && !endsInSlash
    ? {
        message: 'The issuer in the discovery document there ends in a slash, and it is compared exactly.',
        instead: `${issuer}/`,
      }
    : undefined;
}

const ENDPOINT = /\/(authorize|token|userinfo|jwks(\.json)?|protocol\/openid-connect\/.*)$/;

const endpoint = ({ pathname }: URL): Advice | undefined =>
  ENDPOINT.test(pathname)
    ? {
        message:
          'This looks like an endpoint. The issuer is the URL that the provider’s discovery document names.',
        instead: 'the issuer of <issuer>/.well-known/openid-configuration',
      }
    : undefined;
