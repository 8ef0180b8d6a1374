import { TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import type { Path } from '../findings/path.js';
import { isFields } from '../from-manifests/manifest-object.js';
import { goDuration, secretRefOf, wholeSeconds, type Remainder } from './remainder.js';

type Fields = Record<string, unknown>;

/** The `spec` of an MCPExternalAuthConfig. @returns `undefined` for a strategy that needs more than one can say: it stays. */
export function strategyConfig(rest: Remainder, path: Path): Fields | undefined {
  const written = rest.read(path);
  if (!isFields(written) || typeof written['type'] !== 'string') return undefined;
  const type = ALIASES[written['type']] ?? written['type'];
  const block = written[type];
  const spec =
    type === 'unauthenticated'
      ? { type }
      : isFields(block) && (block['subjectFromCaller'] !== true || isCallerImplied(rest, block))
        ? SAYABLE[type]?.(block, onlyProvider(rest))
        : undefined;
  if (spec !== undefined) rest.take(path);
  return spec;
}

const ALIASES: Readonly<Record<string, string | undefined>> = {
  header_injection: 'headerInjection',
  upstream_inject: 'upstreamInject',
  token_exchange: 'tokenExchange',
  aws_sts: 'awsSts',
};

/** Manifests say it by naming no provider; with an embedded authorization server that means its first one. */
const isCallerImplied = (rest: Remainder, block: Readonly<Fields>): boolean =>
  block['subjectProviderName'] === undefined &&
  rest.read(['authServer']) === undefined &&
  rest.read(['incomingAuth', 'oidc']) !== undefined;

/** What a strategy means that names no provider. Manifests that name none mean the first one. */
function onlyProvider(rest: Remainder): unknown {
  const providers = rest.read(['authServer', 'upstreamProviders']);
  return Array.isArray(providers) && providers.length === 1 && isFields(providers[0])
    ? providers[0]['name']
    : undefined;
}

type Sayable = (block: Readonly<Fields>, onlyProvider: unknown) => Fields | undefined;

/** `clientCredentials` is none of them: the seed system has no such strategy. */
const SAYABLE: Readonly<Record<string, Sayable | undefined>> = {
  upstreamInject: (block) => said('upstreamInject', block, { same: ['providerName'] }),
  headerInjection: (block) => {
    const { headerName, scheme, ...value } = block;
    if (scheme === undefined)
      return said('headerInjection', block, {
        same: ['headerName'],
        secrets: { headerValue: 'valueSecretRef' },
        needed: ['headerValue'],
      });
    return headerName === 'Authorization' && scheme === 'Bearer'
      ? said('bearerToken', value, { secrets: { headerValue: 'tokenSecretRef' }, needed: ['headerValue'] })
      : undefined;
  },
  // Without a provider, a manifest means the first one, or with an external issuer the caller; without an audience, it is not valid.
  tokenExchange: ({ subjectFromCaller, ...block }) =>
    said('tokenExchange', block, {
      same: ['tokenUrl', 'clientId', 'audience', 'scopes', 'subjectTokenType', 'subjectProviderName'],
      renamed: { headerName: 'externalTokenHeaderName' },
      secrets: { clientSecret: 'clientSecretRef' },
      needed: ['audience', ...(subjectFromCaller === true ? [] : ['subjectProviderName'])],
    }),
  awsSts: ({ subjectFromCaller, ...block }, provider) =>
    said(
      'awsSts',
      { ...(provider === undefined ? {} : { subjectProviderName: provider }), ...block },
      {
        same: [
          'region',
          'service',
          'roleMappings',
          'fallbackRoleArn',
          'roleClaim',
          'sessionNameClaim',
          'subjectProviderName',
        ],
        written: { sessionDuration: wholeSeconds },
        needed: subjectFromCaller === true ? [] : ['subjectProviderName'],
      },
    ),
  // Its certificate, and a token endpoint that no tenant has, stay beside the manifests.
  obo: (block) =>
    said('obo', block, {
      same: ['tenantId', 'authority', 'clientId', 'audience', 'scopes', 'subjectTokenProviderName'],
      secrets: { clientSecret: 'clientSecretRef' },
      written: { cacheSkew: goDuration },
      needed: ['tenantId'],
    }),
  // The seed system lets the target alone be asked over http.
  xaa: (block) =>
    block['insecureAllowHttp'] === true && !String(block['idpTokenUrl']).startsWith('https:')
      ? undefined
      : said('xaa', block, {
          same: [
            'idpTokenUrl',
            'idpClientId',
            'targetTokenUrl',
            'targetClientId',
            'targetAudience',
            'targetResource',
            'scopes',
            'subjectProviderName',
          ],
          written: { subjectTokenType: () => TOKEN_TYPES.id_token },
          renamed: { insecureAllowHttp: 'insecureTargetTokenUrl' },
          secrets: { idpClientSecret: 'idpClientSecretRef', targetClientSecret: 'targetClientSecretRef' },
        }),
};

interface Names {
  readonly same?: readonly string[];
  readonly renamed?: Readonly<Record<string, string>>;
  /** Only references to Secrets can be said. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Fields of one name, whose values are written in another way. */
  readonly written?: Readonly<Record<string, (value: unknown) => unknown>>;
  readonly needed?: readonly string[];
}

/** All fields, or nothing: half a credential is another one. */
function said(type: string, block: Readonly<Fields>, names: Names): Fields | undefined {
  const { same = [], renamed = {}, secrets = {}, written = {}, needed = [] } = names;
  const fields = Object.entries(block).map(([name, value]): readonly [string | undefined, unknown] => {
    if (same.includes(name)) return [name, value];
    if (Object.hasOwn(renamed, name)) return [renamed[name], value];
    if (Object.hasOwn(secrets, name)) return [secrets[name], secretRefOf(value)];
    return [name, written[name]?.(value)];
  });
  const isWhole =
    fields.every(([, value]) => value !== undefined) && needed.every((name) => block[name] !== undefined);
  return isWhole ? { type, [type]: Object.fromEntries(fields) as Fields } : undefined;
}
