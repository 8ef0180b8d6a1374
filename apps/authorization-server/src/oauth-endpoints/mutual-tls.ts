import type { X509Certificate } from 'node:crypto';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import type { ClientCertificates } from '@gatehouse/service-process/client-certificates';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { authoritiesIn, certificateNames, isIssuedBy } from '../clients/client-certificates.js';

export interface MutualTlsParts {
  readonly certificates: Pick<ClientCertificates, 'of'>;
  readonly clock: Clock;
}

type Feature = NonNullable<NonNullable<Configuration['features']>['mTLS']>;

/** Certificates of clients, for the library (RFC 8705). */
export function mutualTls(
  { mtls }: AuthorizationServerPart['requestProtection'],
  { certificates, clock }: MutualTlsParts,
): Feature {
  const getCertificate = ({ req }: Pick<KoaContextWithOIDC, 'req'>): X509Certificate | undefined =>
    certificates.of(req);
  // A refresh token that is bound from when there were certificates is refused, which takes a look for one.
  if (mtls === undefined) return { enabled: false, getCertificate };
  const authorities = authoritiesIn(mtls.certificateAuthorities?.reveal() ?? '');
  return {
    enabled: true,
    certificateBoundAccessTokens: true,
    selfSignedTlsClientAuth: true,
    tlsClientAuth: authorities.length > 0,
    getCertificate,
    certificateAuthorized: ({ req }) => {
      const certificate = certificates.of(req);
      return certificate !== undefined && isIssuedBy(certificate, authorities, clock.nowMs());
    },
    certificateSubjectMatches: ({ req }, member, expected) => {
      const certificate = certificates.of(req);
      return certificate !== undefined && certificateNames(certificate, member, expected);
    },
  };
}

/** Endpoints at which a client may show its certificate (RFC 8705, section 5). */
const ALIASED = [
  'token_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'pushed_authorization_request_endpoint',
  'device_authorization_endpoint',
  'userinfo_endpoint',
];

/** @param published the metadata that names the endpoints @param base where the issuer is reached with certificates */
export const endpointAliases = (
  published: Readonly<Record<string, unknown>>,
  issuer: string,
  base: string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ALIASED.flatMap((member) => {
      const endpoint = published[member];
      return typeof endpoint === 'string' && endpoint.startsWith(issuer)
        ? [[member, base + endpoint.slice(issuer.length)]]
        : [];
    }),
  );
