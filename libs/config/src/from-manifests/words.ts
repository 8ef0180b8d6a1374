import type { Path } from '../findings/path.js';
import type { ReferencedKind } from '../secrets/secret-references.js';

interface Said {
  readonly message: string;
  readonly instead?: string | undefined;
}

/** `{ message, instead }` of a rule, with the names that the manifests have for what it speaks of. */
export function inWordsOfManifests(
  { message, instead }: Said,
  kind: string,
  path: Path,
  referenced: ReferencedKind | undefined,
): { readonly message: string; readonly instead?: string } {
  // A document with fields of gatehouse.yaml, alone or in a ConfigMap: its words are the native ones.
  if (kind === '' || kind === 'ConfigMap') return { message, ...(instead === undefined ? {} : { instead }) };
  const translate = (text: string): string =>
    [...WORDS, ...switchesOf(kind, path), ...referencesTo(referenced)].reduce(
      (said, [word, theirs]) => said.replace(word, theirs),
      text,
    );
  return { message: translate(message), ...(instead === undefined ? {} : { instead: translate(instead) }) };
}

type Word = readonly [RegExp, string];

const WORDS: readonly Word[] = [
  [/\bauthServer\b/g, 'authServerConfig'],
  [/^leave incomingAuth out$/, 'type: oidc, and oidcConfigRef'],
  [/\bleave authz out\b/, 'leave authzConfig out'],
  [/^- \{ name: github, .*\}$/, 'an MCPServerEntry, an MCPRemoteProxy or an MCPServer with this groupRef'],
  [/: \{ env: [A-Z_]+ \}/g, ': { name, key } of a Secret'],
  [/\b(clientSecret|idpClientSecret|targetClientSecret)\b/g, '$1Ref'],
  [/\baccessToken too\b/, 'accessTokenPath too'],
  [/\bis not in scopesSupported\b/, 'is not among the scopes of oidcConfigRef'],
  [/ needs the tenantId, or the tokenUrl\.$/, ' needs the tenantId.'],
];

/** The switches that open what is refused have another name, or none, at each place. */
function switchesOf(kind: string, path: Path): readonly Word[] {
  const beside = (word: string): string => `${word} in a gatehouse.yaml beside the manifests`;
  const [http, privately] = [/\binsecureAllowHttp: true beside it$/, /\ballowPrivateIps: true beside it$/];
  const general: Word = [/\binsecureAllowHttp: true accepts\b/, 'insecureAllowHTTP: true accepts'];
  if (kind === 'MCPServerEntry' || kind === 'MCPRemoteProxy')
    return [
      ANOTHER,
      [http, 'allowPrivateEndpoint: true where the server is inside the cluster'],
      [privately, 'allowPrivateEndpoint: true beside it'],
    ];
  if (kind === 'MCPOIDCConfig')
    return [
      general,
      [http, 'insecureAllowHTTP: true beside it'],
      [privately, 'jwksAllowPrivateIP: true beside it'],
    ];
  if (path.includes('oauth2Config'))
    return [
      [http, 'insecureAllowHTTP: true in oauth2Config'],
      [privately, 'allowPrivateIPs: true in oauth2Config'],
    ];
  if (path.includes('telemetry')) return [[http, 'insecure: true beside it']];
  if (path.at(-1) === 'targetTokenUrl') return [[http, 'insecureTargetTokenUrl: true beside it']];
  return [
    general,
    ...(kind === 'MCPServer' || path.includes('backends') ? [ANOTHER] : []),
    [http, beside('insecureAllowHttp: true')],
    [privately, beside('allowPrivateIps: true')],
  ];
}

const ANOTHER: Word = [
  /^(\S+) is already taken further up in this list\.$/,
  'Another backend of this gateway is named $1.',
];

const referencesTo = (kind: ReferencedKind = 'Secret'): readonly Word[] => [
  [/\bThe secret in secretRef ([^/ ]+)\/(\S+)/, `The key $2 of the ${kind} $1`],
];
