import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { DURATION_BOUNDS } from '../model/bounds.js';
import { namesIn, type Rule } from './rule.js';
import { within } from './time-bounds.js';

const ISSUERS: Path = ['authServer', 'assertionIssuers'];
const CLIENTS: Path = ['authServer', 'clientRegistration', 'clients'];

/** Each issuer is there once, is somebody else, and has assertions that are short-lived; clients name those that there are. */
export const assertionIssuers: Rule = ({ authServer }) => {
  if (authServer === undefined) return [];
  const { assertionIssuers: issuers, clientRegistration, issuer: own } = authServer;
  const names = issuers.map(({ issuer }) => issuer);
  const known = namesIn(ISSUERS, issuers.length, 'issuer');
  return [
    ...issuers.flatMap(({ issuer, maxAssertionLifespanMs, clockToleranceMs }, index) => [
      ...identifier(issuer, index, names, own),
      ...within(
        [...ISSUERS, index, 'maxAssertionLifespan'],
        maxAssertionLifespanMs,
        DURATION_BOUNDS.assertion,
      ),
      ...within([...ISSUERS, index, 'clockTolerance'], clockToleranceMs, DURATION_BOUNDS.clockTolerance),
    ]),
    ...clientRegistration.clients.flatMap(({ identityAssertions }, index) =>
      named(identityAssertions?.issuers, [...CLIENTS, index, 'identityAssertions'], names, known),
    ),
  ];
};

function identifier(
  issuer: string,
  index: number,
  names: readonly string[],
  own: string,
): readonly Finding[] {
  const path = [...ISSUERS, index, 'issuer'];
  const first = names.indexOf(issuer);
  return [
    ...(/[?#]/.test(issuer)
      ? [{ path, message: 'An issuer has no query and no fragment (RFC 8414 section 2).' }]
      : []),
    ...(first < index
      ? [{ path, related: [[...ISSUERS, first, 'issuer']], message: 'This issuer is written twice.' }]
      : []),
    ...(issuer === own
      ? [
          {
            path,
            related: [['authServer', 'issuer']],
            message: 'This is the gateway’s own issuer, which asserts nobody.',
          },
        ]
      : []),
  ];
}

function named(
  asserted: readonly string[] | undefined,
  block: Path,
  names: readonly string[],
  known: readonly Path[],
): readonly Finding[] {
  if (asserted === undefined) return [];
  const path = [...block, 'issuers'];
  if (asserted.length === 0)
    return [{ path, message: 'Without an issuer that is believed it gets no token.' }];
  return asserted.flatMap((issuer, index) =>
    names.includes(issuer)
      ? []
      : [
          {
            path: [...path, index],
            related: known,
            message: `${issuer} is not in assertionIssuers, so nothing of it is believed.`,
          },
        ],
  );
}

/** Nobody presents its assertions. */
export const unusedAssertionIssuers: Rule = ({ authServer }) => {
  const used = (authServer?.clientRegistration.clients ?? []).flatMap(
    ({ identityAssertions }) => identityAssertions?.issuers ?? [],
  );
  return (authServer?.assertionIssuers ?? []).flatMap(({ issuer }, index) =>
    used.includes(issuer)
      ? []
      : [
          {
            path: [...ISSUERS, index, 'issuer'],
            message: 'No client has it in identityAssertions, so nothing of it is taken.',
          },
        ],
  );
};
