import type { Path } from '../findings/path.js';
import { isFields } from '../from-manifests/manifest-object.js';
import { goDuration, markSaid, sameNames, secretRefOf, type Remainder } from './remainder.js';

type Fields = Record<string, unknown>;

const PATH: Path = ['authServer'];
const PROVIDERS: Path = [...PATH, 'upstreamProviders'];

/** @returns `undefined` without an authorization server, and where its providers cannot all be said: they keep their order. */
export function authServerConfig(rest: Remainder): Fields | undefined {
  const providers = rest.read(PROVIDERS);
  if (!Array.isArray(providers) || !providers.every(canBeSaid)) return undefined;
  const issuer = rest.take([...PATH, 'issuer']);
  if (issuer === undefined) return undefined;
  const keys = rest.read([...PATH, 'signingKeys']);
  const references = Array.isArray(keys) ? keys.map(secretRefOf) : [];
  const hasReferences = references.length > 0 && references.every((reference) => reference !== undefined);
  if (hasReferences) rest.take([...PATH, 'signingKeys']);
  const enabledAt = [...PATH, 'clientRegistration', 'metadataDocuments', 'enabled'];
  const enabled = rest.takeFields(enabledAt.slice(0, -1), { enabled: 'enabled' }, (value) =>
    typeof value === 'boolean' ? value : undefined,
  );
  // Manifests know yes and no, and mean no when they say nothing.
  if (enabled['enabled'] === undefined) rest.put(enabledAt, 'auto');
  const lifespans = rest.takeFields(
    [...PATH, 'tokenLifespans'],
    sameNames('accessTokenLifespan', 'refreshTokenLifespan', 'authCodeLifespan'),
    goDuration,
  );
  return {
    issuer,
    ...rest.takeFields(PATH, {
      ...sameNames('authorizationEndpointBaseUrl', 'primaryUpstreamProvider', 'baselineClientScopes'),
      insecureAllowHttp: 'insecureAllowHTTP',
    }),
    ...(hasReferences ? { signingKeySecretRefs: references } : {}),
    ...(Object.keys(lifespans).length === 0 ? {} : { tokenLifespans: lifespans }),
    ...(enabled['enabled'] === undefined ? {} : { cimd: enabled }),
    upstreamProviders: providers.map((_provider, index) => providerConfig(rest, [...PROVIDERS, index])),
  };
}

const canBeSaid = (provider: unknown): boolean =>
  isFields(provider) &&
  ((provider['type'] === 'oidc' && hasClientId(provider['oidcConfig'])) ||
    (provider['type'] === 'oauth2' && isFields(provider['oauth2Config'])));

/** Manifests know registrations of plain OAuth 2 alone. */
const hasClientId = (oidc: unknown): boolean => isFields(oidc) && oidc['clientId'] !== undefined;

const CLIENT_FIELDS = sameNames('clientId', 'redirectUri', 'scopes', 'additionalAuthorizationParams');

function providerConfig(rest: Remainder, path: Path): Fields {
  const provider = rest.read(path);
  const name = rest.read([...path, 'name']);
  const type = rest.take([...path, 'type']);
  markSaid(provider);
  if (type === 'oidc') {
    const place = [...path, 'oidcConfig'];
    return {
      name,
      type,
      oidcConfig: {
        ...rest.takeFields(place, { ...sameNames('issuerUrl', 'subjectClaim'), ...CLIENT_FIELDS }),
        ...rest.takeFields(place, { clientSecret: 'clientSecretRef' }, secretRefOf),
      },
    };
  }
  const place = [...path, 'oauth2Config'];
  const userInfo = {
    ...rest.takeFields([...place, 'userInfo'], sameNames('endpointUrl', 'additionalHeaders', 'fieldMapping')),
    ...rest.takeFields([...place, 'userInfo'], { method: 'httpMethod' }),
  };
  const identity = identityFromToken(rest, place);
  const mapping =
    rest.read([...place, 'tokenResponseMapping', 'accessToken']) === undefined
      ? {}
      : rest.takeFields([...place, 'tokenResponseMapping'], {
          accessToken: 'accessTokenPath',
          scope: 'scopePath',
          refreshToken: 'refreshTokenPath',
          expiresIn: 'expiresInPath',
        });
  return {
    name,
    type,
    oauth2Config: {
      ...rest.takeFields(place, { ...sameNames('authorizationEndpoint', 'tokenEndpoint'), ...CLIENT_FIELDS }),
      ...rest.takeFields(place, { clientSecret: 'clientSecretRef' }, secretRefOf),
      ...(isFields(rest.read([...place, 'dcrConfig'])) ? { dcrConfig: registration(rest, place) } : {}),
      ...rest.takeFields(path, {
        insecureAllowHttp: 'insecureAllowHTTP',
        allowPrivateIps: 'allowPrivateIPs',
      }),
      ...(Object.keys(userInfo).length === 0 ? {} : { userInfo }),
      ...(Object.keys(mapping).length === 0 ? {} : { tokenResponseMapping: mapping }),
      ...(identity === undefined ? {} : { identityFromToken: identity }),
    },
  };
}

/** A token that is no key of a Secret stays beside the manifests. */
function registration(rest: Remainder, place: Path): Fields {
  const from = [...place, 'dcrConfig'];
  return {
    ...rest.takeFields(
      from,
      sameNames('discoveryUrl', 'registrationEndpoint', 'softwareId', 'softwareStatement'),
    ),
    ...rest.takeFields(from, { initialAccessToken: 'initialAccessTokenRef' }, secretRefOf),
  };
}

const PATHS = { subjectFields: 'subjectPath', nameFields: 'namePath', emailFields: 'emailPath' } as const;

/** One path each, of the answer itself: anything else stays. */
function identityFromToken(rest: Remainder, place: Path): Fields | undefined {
  const written = rest.read([...place, 'identityFromToken']);
  if (!isFields(written) || Object.keys(written).some((name) => !['source', 'fieldMapping'].includes(name)))
    return undefined;
  const { source = 'tokenResponse', fieldMapping } = written;
  if (source !== 'tokenResponse' || !isFields(fieldMapping)) return undefined;
  const fields = Object.entries(fieldMapping).map(([name, list]) => {
    const [path, ...more] = Array.isArray(list) ? (list as readonly unknown[]) : [];
    const isOne = typeof path === 'string' && more.length === 0 && !/[|@#]/.test(path);
    return [PATHS[name as keyof typeof PATHS], isOne ? path : undefined] as const;
  });
  if (fieldMapping['subjectFields'] === undefined || fields.some(([, path]) => path === undefined))
    return undefined;
  rest.take([...place, 'identityFromToken']);
  return Object.fromEntries(fields);
}
