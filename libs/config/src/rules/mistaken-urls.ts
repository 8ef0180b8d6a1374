import { tokenEndpointsOf } from '../model/issued-endpoints.js';
import { isIssuedToken } from '../model/token-subject.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { isListeningAddress } from '../urls/hosts.js';
import { issuerOfDocument, placeholderIn } from '../urls/mistakes.js';
import {
  issuerPath,
  providersOf,
  strategiesOf,
  type Placed,
  type PlacedProvider,
  type Rule,
} from './rule.js';

/**
 * An issuer is what a discovery document is about and not where it is (RFC 8414 section 3.1); an endpoint is not that
 * document either. And a URL that people or clients open does not name the address for listening on all interfaces.
 */
export const mistakenUrls: Rule = (model) => [
  ...issuersOf(model).flatMap(ofIssuer),
  ...endpointsOf(model).flatMap(ofEndpoint),
  ...[...issuersOf(model), ...endpointsOf(model)].flatMap(withPlaceholder),
  ...openedByPeople(model).flatMap(ofListeningAddress),
  ...providersOf(model).flatMap(whereCodesAre),
];

type PlacedUrl = Placed<string>;

const placed = (value: string | undefined, path: Path): readonly PlacedUrl[] =>
  value === undefined || value === '' ? [] : [{ value, path }];

const issuersOf: (...model: Parameters<Rule>) => readonly PlacedUrl[] = (model) => [
  ...placed(ownIssuer(model), ['authServer', 'issuer']),
  ...providersOf(model).flatMap((provider) => placed(provider.value.protocol.issuer, issuerPath(provider))),
  ...(model.incomingAuth.type === 'oidc' && model.authServer === undefined
    ? placed(model.incomingAuth.oidc.issuer, ['incomingAuth', 'oidc', 'issuer'])
    : []),
  ...(model.authServer?.assertionIssuers ?? []).flatMap(({ issuer }, index) =>
    placed(issuer, ['authServer', 'assertionIssuers', index, 'issuer']),
  ),
];

/** Where it is written and not taken over from `publicUrl`. */
const ownIssuer = ({ authServer, publicUrl }: Parameters<Rule>[0]): string | undefined =>
  authServer?.issuer === publicUrl ? undefined : authServer?.issuer;

const endpointsOf: (...model: Parameters<Rule>) => readonly PlacedUrl[] = (model) => [
  ...model.backends.flatMap(({ url, stdio }, index) =>
    stdio === undefined ? placed(url, ['backends', index, 'url']) : [],
  ),
  ...providersOf(model).flatMap(({ value: { protocol }, block }) =>
    protocol.type === 'oauth2'
      ? [
          ...placed(protocol.authorizationEndpoint, [...block, 'authorizationEndpoint']),
          ...placed(protocol.tokenEndpoint, [...block, 'tokenEndpoint']),
          ...(protocol.identity.from === 'userInfo'
            ? placed(protocol.identity.endpointUrl, [...block, 'userInfo', 'endpointUrl'])
            : []),
        ]
      : [],
  ),
  ...strategiesOf(model).flatMap(({ value, path }) =>
    isIssuedToken(value)
      ? tokenEndpointsOf(value).flatMap(({ party, fieldOf }) =>
          placed(party.tokenUrl, [...path, value.type, fieldOf('tokenUrl')]),
        )
      : [],
  ),
  ...(model.incomingAuth.type === 'oidc'
    ? placed(model.incomingAuth.oidc.jwksUrl, ['incomingAuth', 'oidc', 'jwksUrl'])
    : []),
  ...(model.authServer?.assertionIssuers ?? []).flatMap(({ jwksUrl }, index) =>
    placed(jwksUrl, ['authServer', 'assertionIssuers', index, 'jwksUrl']),
  ),
];

const openedByPeople: (...model: Parameters<Rule>) => readonly PlacedUrl[] = (model) => [
  ...placed(model.publicUrl, ['publicUrl']),
  ...placed(model.authServer?.authorizationEndpointBaseUrl, ['authServer', 'authorizationEndpointBaseUrl']),
];

function ofIssuer({ value, path }: PlacedUrl): readonly Finding[] {
  const issuer = issuerOfDocument(value);
  return issuer === undefined
    ? []
    : [
        {
          path,
          message: 'This is where the discovery document is. The issuer is what the document is about.',
          instead: issuer,
        },
      ];
}

const ofEndpoint = ({ value, path }: PlacedUrl): readonly Finding[] =>
  path.at(-1) !== 'jwksUrl' && URL.parse(value)?.pathname.includes('/.well-known/') === true
    ? [
        {
          path,
          message: 'This is where a metadata document is: write the endpoint itself.',
        },
      ]
    : issuerOfDocument(value) === undefined
      ? []
      : [
          {
            path,
            message: 'This is where the discovery document is, not the keys.',
            instead:
              'no jwksUrl, and the keys are found through the issuer; or the jwks_uri of that document',
          },
        ];

function withPlaceholder({ value, path }: PlacedUrl): readonly Finding[] {
  const placeholder = placeholderIn(value);
  return placeholder === undefined
    ? []
    : [{ path, message: `${placeholder} is a placeholder: write what it stands for.` }];
}

const ofListeningAddress = ({ value, path }: PlacedUrl): readonly Finding[] =>
  isListeningAddress(value)
    ? [
        {
          path,
          message: 'This address is for listening only: nothing can be opened there.',
          instead: 'the name that clients use; on this machine http://localhost:<port>',
        },
      ]
    : [];

const whereCodesAre = ({ value: { protocol }, block }: PlacedProvider): readonly Finding[] =>
  protocol.type === 'oauth2' &&
  protocol.tokenEndpoint !== '' &&
  protocol.tokenEndpoint === protocol.authorizationEndpoint
    ? [
        {
          path: [...block, 'tokenEndpoint'],
          related: [[...block, 'authorizationEndpoint']],
          message: 'This is where people sign in. Codes are redeemed at another endpoint.',
        },
      ]
    : [];
