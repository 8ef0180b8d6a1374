import type { Finding } from '../findings/problems.js';
import type { OwnRegistration } from '../model/own-registration.js';
import { issuerOfDocument } from '../urls/mistakes.js';
import { providersOf, type PlacedProvider, type Rule } from './rule.js';

/** A registration gives this gateway an id and, where it needs one, a secret; what it is asked for can be had. */
export const ownRegistrations: Rule = (model) =>
  providersOf(model).flatMap((placed): readonly Finding[] => {
    const { registration } = placed.value;
    if (registration === undefined) return [];
    return [
      ...clientFindings(placed),
      ...placeFindings(placed, registration),
      ...statementFindings(placed, registration),
    ];
  });

function clientFindings({ value, block }: PlacedProvider): readonly Finding[] {
  const given = (['clientSecret', 'clientKey'] as const).filter((field) => value[field] !== undefined);
  return [
    ...given.map((field) => ({
      path: [...block, field],
      related: [[...block, 'dcrConfig']],
      message: 'With dcrConfig the provider gives this gateway a secret of its own: leave this out.',
    })),
    ...(value.tokenEndpointAuthMethod === 'private_key_jwt'
      ? [
          {
            path: [...block, 'tokenEndpointAuthMethod'],
            related: [[...block, 'dcrConfig']],
            message: 'A registered client proves itself with the secret that it was given.',
            instead: 'client_secret_basic, client_secret_post or none; or nothing',
          },
        ]
      : []),
    ...(value.dialect.pkce === 'off'
      ? [
          {
            path: [...block, 'pkce'],
            related: [[...block, 'dcrConfig']],
            message: 'The provider may register a public client, which needs PKCE.',
          },
        ]
      : []),
    ...openIdFindings(value.protocol, block),
  ];
}

/** What an id_token is verified by is one issuer, and a key that nobody but that issuer has. */
function openIdFindings(
  protocol: PlacedProvider['value']['protocol'],
  block: PlacedProvider['block'],
): readonly Finding[] {
  if (protocol.type !== 'oidc') return [];
  const related = [[...block, 'dcrConfig']];
  return [
    ...(protocol.idTokenSignedWith === 'clientSecret'
      ? [
          {
            path: [...block, 'idTokenSignedWith'],
            related,
            message:
              'The next registration comes with another secret, or with none: its id_tokens are verified by published keys.',
            instead: 'keySet, or clientId and clientSecret in the place of dcrConfig',
          },
        ]
      : []),
    ...(protocol.issuerTemplate === undefined
      ? []
      : [
          {
            path: [...block, 'issuerTemplate'],
            related,
            message: 'A registration is made at one issuer, and this names many.',
            instead: 'issuerUrl of the tenant, or clientId in the place of dcrConfig',
          },
        ]),
  ];
}

function placeFindings(
  { value, block }: PlacedProvider,
  { at }: OwnRegistration<unknown>,
): readonly Finding[] {
  if ('discoveryUrl' in at) {
    // Derived from the issuer, which has rules of its own.
    if (value.protocol.type === 'oidc') return [];
    return at.discoveryUrl === '' || issuerOfDocument(at.discoveryUrl) !== undefined
      ? []
      : [
          {
            path: [...block, 'dcrConfig', 'discoveryUrl'],
            message: 'No metadata of an authorization server is there (RFC 8414 section 3).',
            instead: 'https://<host>/.well-known/oauth-authorization-server, or registrationEndpoint',
          },
        ];
  }
  return URL.parse(at.registrationEndpoint)?.pathname.includes('/.well-known/') === true
    ? [
        {
          path: [...block, 'dcrConfig', 'registrationEndpoint'],
          message: 'This is where a metadata document is: write the endpoint itself.',
          instead: 'discoveryUrl, with this URL',
        },
      ]
    : [];
}

/** RFC 7591 section 2.3: a JWT. */
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;
const MAX_STATEMENT_LENGTH = 16_384;

function statementFindings(
  { block }: PlacedProvider,
  { softwareStatement: statement }: OwnRegistration<unknown>,
): readonly Finding[] {
  if (statement === undefined || (JWT.test(statement) && statement.length <= MAX_STATEMENT_LENGTH)) return [];
  return [
    {
      path: [...block, 'dcrConfig', 'softwareStatement'],
      message: `This is not a JWT of at most ${MAX_STATEMENT_LENGTH} characters, as a software statement is.`,
    },
  ];
}
