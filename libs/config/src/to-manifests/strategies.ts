import type { Path } from '../findings/path.js';
import { isFields } from '../from-manifests/manifest-object.js';
import { secretRefOf, type Remainder } from './remainder.js';

type Fields = Record<string, unknown>;

const EXCHANGE = [
  'tokenUrl',
  'clientId',
  'clientSecret',
  'audience',
  'scopes',
  'subjectTokenType',
  'subjectProviderName',
  'headerName',
];

/** The `spec` of an MCPExternalAuthConfig. @returns `undefined` for a strategy that needs more than one can say: it stays. */
export function strategyConfig(rest: Remainder, path: Path): Fields | undefined {
  const written = rest.read(path);
  if (!isFields(written) || typeof written['type'] !== 'string') return undefined;
  const { type } = written;
  const spec = type === 'unauthenticated' ? { type } : sayable(type, written[type]);
  if (spec !== undefined) rest.take(path);
  return spec;
}

function sayable(type: string, block: unknown): Fields | undefined {
  if (!isFields(block)) return undefined;
  const has = (...names: readonly string[]): boolean =>
    Object.keys(block).every((name) => names.includes(name));
  switch (type) {
    case 'upstreamInject':
      return has('providerName') ? { type, upstreamInject: block } : undefined;
    case 'headerInjection': {
      const valueSecretRef = secretRefOf(block['headerValue']);
      return valueSecretRef !== undefined && has('headerName', 'headerValue')
        ? { type, headerInjection: { headerName: block['headerName'], valueSecretRef } }
        : undefined;
    }
    case 'tokenExchange': {
      const { clientSecret, headerName, ...others } = block;
      const clientSecretRef = secretRefOf(clientSecret);
      // Without a provider, a manifest means the first one; without an audience, it is not valid.
      const isSayable =
        has(...EXCHANGE) &&
        (clientSecret === undefined || clientSecretRef !== undefined) &&
        block['audience'] !== undefined &&
        block['subjectProviderName'] !== undefined;
      return isSayable
        ? {
            type,
            tokenExchange: {
              ...others,
              ...(clientSecretRef === undefined ? {} : { clientSecretRef }),
              ...(headerName === undefined ? {} : { externalTokenHeaderName: headerName }),
            },
          }
        : undefined;
    }
    default:
      return undefined;
  }
}
