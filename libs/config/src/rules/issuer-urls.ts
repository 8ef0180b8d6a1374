import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { isHttps, isLocalhost } from '../urls/hosts.js';
import { issuerPath, providersOf, type Rule } from './rule.js';

/** RFC 8414 section 2: an issuer is an https URL without query and fragment; it is compared byte for byte. */
export const issuerUrls: Rule = (model) => {
  const { publicUrl, authServer, incomingAuth } = model;
  const incoming = incomingAuth.type === 'oidc' ? incomingAuth.oidc : undefined;
  const insecure = authServer?.insecureAllowHttp ?? incoming?.insecureAllowHttp ?? incoming === undefined;
  return [
    ...overHttps(['publicUrl'], publicUrl, insecure),
    ...(authServer === undefined
      ? externalIssuerUrl(incoming)
      : [
          ...(authServer.issuer === publicUrl
            ? []
            : issuer(['authServer', 'issuer'], authServer.issuer, insecure)),
          ...(authServer.authorizationEndpointBaseUrl === undefined
            ? []
            : issuer(
                ['authServer', 'authorizationEndpointBaseUrl'],
                authServer.authorizationEndpointBaseUrl,
                insecure,
              )),
          ...providersOf(model).flatMap((placed) =>
            withoutQuery(issuerPath(placed), placed.value.protocol.issuer ?? ''),
          ),
        ]),
  ];
};

/** An issuer that is not ours may end in a slash (some do), since it is compared and never extended. */
const externalIssuerUrl = (
  incoming: { readonly issuer: string; readonly insecureAllowHttp: boolean } | undefined,
): readonly Finding[] => {
  if (incoming === undefined || incoming.issuer === '') return [];
  const path: Path = ['incomingAuth', 'oidc', 'issuer'];
  return [
    ...withoutQuery(path, incoming.issuer),
    ...overHttps(path, incoming.issuer, incoming.insecureAllowHttp),
  ];
};

const issuer = (path: Path, url: string, insecure: boolean): readonly Finding[] => [
  ...withoutQuery(path, url),
  ...(url.endsWith('/')
    ? [{ path, message: 'This URL may not end in a slash.', instead: url.replace(/\/+$/, '') }]
    : []),
  ...overHttps(path, url, insecure),
];

const withoutQuery = (path: Path, url: string): readonly Finding[] =>
  /[?#]/.test(url) ? [{ path, message: 'An issuer has no query and no fragment (RFC 8414 section 2).' }] : [];

const overHttps = (path: Path, url: string, insecure: boolean): readonly Finding[] =>
  isHttps(url) || isLocalhost(url) || insecure
    ? []
    : [
        {
          path,
          message:
            'http is refused except on localhost: codes and tokens would travel in the clear (insecureAllowHttp: true accepts that).',
          instead: url.replace(/^http:/i, 'https:'),
        },
      ];
