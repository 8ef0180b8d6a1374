import { createPublicKey, X509Certificate } from 'node:crypto';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { AuthServer } from '../model/auth-server.js';
import type { PublicJwk } from '../model/client-keys.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { TLS_SUBJECT_NAMES, tlsSubjectProblem } from '../model/tls-subject.js';
import { isHttps, isLocalhost } from '../urls/hosts.js';
import { isReservedHeader } from './header-injection.js';
import type { Rule } from './rule.js';

const MTLS: Path = ['authServer', 'mtls'];
const CLIENTS: Path = ['authServer', 'clientRegistration', 'clients'];
/** They say something else of a caller. */
const TAKEN = new Set(['authorization', 'cookie', 'dpop', 'forwarded', 'origin', 'user-agent', 'via']);

type Client = AuthServer<unknown>['clientRegistration']['clients'][number];
type Mtls = AuthServer<unknown>['requestProtection']['mtls'];

/** Certificates of clients come from somebody who is believed, and are looked at where a client has one (RFC 8705). */
export const mutualTls: Rule = (model) => {
  const mtls = model.authServer?.requestProtection.mtls;
  const clients = model.authServer?.clientRegistration.clients ?? [];
  return [
    ...(mtls === undefined ? withoutMtls(model) : [...whoPasses(model), ...header(mtls), ...alias(mtls)]),
    ...clients.flatMap((client, index) => clientFindings(client, [...CLIENTS, index], mtls)),
  ];
};

const withoutMtls = ({ trustedProxies }: GatehouseModel): readonly Finding[] =>
  trustedProxies.length === 0
    ? []
    : [
        {
          path: ['trustedProxies'],
          related: [MTLS],
          message:
            'This has no effect without authServer.mtls: nothing else is believed of a proxy in front of the MCP endpoint.',
          instead: 'authServer.trustedProxies, for those in front of the authorization server',
        },
      ];

/** No service ends TLS itself: the word of a proxy is all that there is. */
function whoPasses({ authServer, trustedProxies }: GatehouseModel): readonly Finding[] {
  const findings: Finding[] = [];
  if (authServer?.trustedProxies.length === 0)
    findings.push({
      path: ['authServer', 'trustedProxies'],
      related: [MTLS],
      message:
        'With mtls, certificates come from the reverse proxies that end TLS, and none is believed here: no client could authenticate.',
      instead: 'trustedProxies: [the addresses of these proxies]',
    });
  if (trustedProxies.length === 0)
    findings.push({
      path: ['trustedProxies'],
      related: [MTLS],
      message:
        'With mtls, certificates of callers come from the reverse proxies in front of the MCP endpoint, and none is believed there: no bound token could be used.',
      instead: 'trustedProxies: [the addresses of these proxies]',
    });
  return findings;
}

const header = ({ header: name }: NonNullable<Mtls>): readonly Finding[] =>
  isReservedHeader(name) || TAKEN.has(name) || name.startsWith('x-forwarded-')
    ? [
        {
          path: [...MTLS, 'header'],
          message: `${name} says something else of a request.`,
          instead: 'header: Client-Cert',
        },
      ]
    : [];

const alias = ({ endpointAliasBaseUrl: url }: NonNullable<Mtls>): readonly Finding[] =>
  url === undefined || isHttps(url) || isLocalhost(url)
    ? []
    : [
        {
          path: [...MTLS, 'endpointAliasBaseUrl'],
          message: 'Nobody shows a certificate over http.',
          instead: url.replace(/^http:/i, 'https:'),
        },
      ];

function clientFindings(client: Client, path: Path, mtls: Mtls): readonly Finding[] {
  const { tlsClientAuth, selfSignedTlsClientAuth, tlsClientCertificateBoundAccessTokens: isBound } = client;
  const used = [
    ...(tlsClientAuth === undefined ? [] : ['tlsClientAuth']),
    ...(selfSignedTlsClientAuth === true ? ['selfSignedTlsClientAuth'] : []),
    ...(isBound === true ? ['tlsClientCertificateBoundAccessTokens'] : []),
  ];
  if (mtls === undefined)
    return used.map((name) => ({
      path: [...path, name],
      related: [MTLS],
      message: 'Without authServer.mtls no certificate of a client is looked at.',
      instead: 'authServer.mtls: { header: Client-Cert }',
    }));
  return [
    ...subject(client, path, mtls),
    ...(selfSignedTlsClientAuth === true ? ownCertificates(client, path) : []),
    ...(isBound === true && client.dpopBoundAccessTokens === true
      ? [
          {
            path: [...path, 'tlsClientCertificateBoundAccessTokens'],
            related: [[...path, 'dpopBoundAccessTokens']],
            message: 'A token is bound to one thing: a key of the client, or its certificate.',
          },
        ]
      : []),
  ];
}

function subject({ tlsClientAuth }: Client, path: Path, mtls: NonNullable<Mtls>): readonly Finding[] {
  if (tlsClientAuth === undefined) return [];
  const place = [...path, 'tlsClientAuth'];
  if (mtls.certificateAuthorities === undefined)
    return [
      {
        path: place,
        related: [[...MTLS, 'certificateAuthorities']],
        message: 'Nothing says which authority issues the certificate of this client.',
        instead: 'authServer.mtls.certificateAuthorities: { file: /etc/ssl/clients-ca.pem }',
      },
    ];
  const [name, ...more] = TLS_SUBJECT_NAMES.filter((one) => tlsClientAuth[one] !== undefined);
  if (name === undefined || more.length > 0)
    return [
      {
        path: place,
        message: `One of ${TLS_SUBJECT_NAMES.join(', ')} says whom the certificate names: with none, anybody's of that authority would do.`,
        instead: 'tlsClientAuth: { sanDns: desk.acme.example }',
      },
    ];
  const problem = tlsSubjectProblem(name, tlsClientAuth[name]);
  return problem === undefined ? [] : [{ path: [...place, name], message: `This ${problem}.` }];
}

function ownCertificates({ jwks, jwksUri }: Client, path: Path): readonly Finding[] {
  if (jwks === undefined && jwksUri === undefined)
    return [
      {
        path: [...path, 'selfSignedTlsClientAuth'],
        related: [[...path, 'jwks']],
        message: 'The certificate of this client is nowhere.',
        instead: 'jwks, with the certificate as x5c of its key, or jwksUri',
      },
    ];
  return (jwks ?? []).flatMap((jwk, index) =>
    hasItsCertificate(jwk)
      ? []
      : [
          {
            path: [...path, 'jwks', index],
            message: 'With selfSignedTlsClientAuth each key has its own certificate as x5c.',
            instead: 'x5c: [the DER as base64, in one line]',
          },
        ],
  );
}

function hasItsCertificate({ x5c, ...jwk }: PublicJwk): boolean {
  try {
    const { publicKey } = new X509Certificate(Buffer.from(x5c?.[0] ?? '', 'base64'));
    return x5c?.length === 1 && publicKey.equals(createPublicKey({ key: { ...jwk }, format: 'jwk' }));
  } catch {
    return false;
  }
}
