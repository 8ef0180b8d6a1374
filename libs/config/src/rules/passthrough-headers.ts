import { MAX_PASSTHROUGH_HEADERS } from '../model/bounds.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { strategyOf, type OutgoingStrategy } from '../model/outgoing-auth.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { isReservedHeader } from './header-injection.js';
import { namesIn, type Rule } from './rule.js';

/** Credentials of the caller, and what says who or where a caller is: a backend believes it of a gateway. */
const PRIVATE = new Set([
  'authorization',
  'client-cert',
  'client-cert-chain',
  'cookie',
  'cookie2',
  'dpop',
  'forwarded',
  'origin',
  'referer',
  'set-cookie',
  'via',
  'x-real-ip',
]);
/** `Accept-*`: the gateway reads the answer. */
const PRIVATE_PREFIXES = [
  'x-forwarded-',
  'content-',
  'accept-',
  'proxy-',
  'sec-',
  'access-control-',
  'gatehouse-',
];

const isPrivate = (name: string): boolean =>
  isReservedHeader(name) || PRIVATE.has(name) || PRIVATE_PREFIXES.some((prefix) => name.startsWith(prefix));

interface List {
  readonly names: readonly string[];
  readonly path: Path;
  /** Those that it counts for. */
  readonly backends: readonly string[];
}

/** Of a caller's headers, none that is a credential, none that the gateway sets itself, and none for nobody. */
export const passthroughHeaders: Rule = (model) =>
  listsOf(model).flatMap((list) => [...nameFindings(model, list), ...listFindings(model, list)]);

function listsOf({ passthroughHeaders: common, backends }: GatehouseModel): readonly List[] {
  const inheriting = backends.filter(
    (backend) => !('passthroughHeaders' in backend) && !('stdio' in backend),
  );
  return [
    { names: common, path: ['passthroughHeaders'], backends: inheriting.map(({ name }) => name) },
    ...backends.flatMap(({ name, passthroughHeaders: names, stdio }, index) =>
      names === undefined
        ? []
        : [
            {
              names,
              path: ['backends', index, 'passthroughHeaders'],
              backends: stdio === undefined ? [name] : [],
            },
          ],
    ),
  ];
}

const nameFindings = (model: GatehouseModel, { names, path, backends }: List): readonly Finding[] =>
  names.flatMap((written, index) => {
    const name = written.toLowerCase();
    const place = [...path, index];
    if (isPrivate(name) || name === model.authServer?.requestProtection.mtls?.header)
      return [{ path: place, message: `${written} of a caller never goes to a backend.` }];
    if (names.slice(0, index).some((other) => other.toLowerCase() === name))
      return [{ path: place, message: `${written} is in the list already.` }];
    const rival = backends.find(
      (backend) => headerOf(strategyOf(model.outgoingAuth, backend))?.toLowerCase() === name,
    );
    return rival === undefined
      ? []
      : [
          {
            path: place,
            related: [['outgoingAuth'], ...namesIn(['backends'], model.backends.length)],
            message: `${written} is the header in which ${rival} gets its credential.`,
          },
        ];
  });

function listFindings(model: GatehouseModel, { names, path, backends }: List): readonly Finding[] {
  if (names.length === 0) return [];
  if (model.incomingAuth.type === 'anonymous')
    return [
      {
        path,
        related: [['incomingAuth', 'type']],
        message:
          'Anonymous callers share the sessions of a backend: a header of one could reach it in the name of another.',
      },
    ];
  if (names.length > MAX_PASSTHROUGH_HEADERS)
    return [{ path, message: `These are more than ${MAX_PASSTHROUGH_HEADERS} headers.` }];
  return backends.length > 0 || model.backends.length === 0
    ? []
    : [
        {
          path,
          related: [['backends']],
          message:
            path.length === 1
              ? 'This has no effect: every backend has a list of its own, or is a program.'
              : 'A program has no headers, so this has no effect.',
        },
      ];
}

/** The header that a strategy sets. */
function headerOf(strategy: OutgoingStrategy<ConfiguredSecret>): string | undefined {
  if (strategy.type === 'unauthenticated') return undefined;
  if (strategy.type === 'headerInjection') return strategy.headerName;
  return strategy.header?.headerName ?? 'Authorization';
}
