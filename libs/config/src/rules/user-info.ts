import type { Path } from '../findings/path.js';
import type { Finding } from '../findings/problems.js';
import type { UserInfo } from '../model/upstream-provider.js';
import { isReservedHeader } from './header-injection.js';
import { providersOf, type Rule } from './rule.js';

/** Headers that may be set here, unlike on a backend's request. */
const CHOOSABLE = new Set(['accept']);

/** Headers of a request with a credential of ours. */
const isSetByGateway = (name: string): boolean =>
  !CHOOSABLE.has(name.toLowerCase()) &&
  (isReservedHeader(name) || ['authorization', 'cookie'].includes(name.toLowerCase()));

export const userInfo: Rule = (model) =>
  providersOf(model).flatMap(({ value: { protocol }, block }) => {
    if (protocol.type !== 'oauth2') return [];
    const { identity } = protocol;
    const place = [...block, identity.from === 'userInfo' ? 'userInfo' : 'identityFromToken'];
    return [
      ...(identity.from === 'userInfo' ? requestFindings(identity, place) : []),
      ...(identity.fieldMapping.subjectFields.length === 0
        ? [
            {
              path: [...place, 'fieldMapping', 'subjectFields'],
              message: 'At least one field must identify the person.',
            },
          ]
        : []),
    ];
  });

const requestFindings = ({ additionalHeaders, method, body }: UserInfo, place: Path): readonly Finding[] => [
  ...headerFindings(additionalHeaders, [...place, 'additionalHeaders']),
  ...(body !== undefined && method === 'GET'
    ? [{ path: [...place, 'body'], message: 'A GET request has no body.', instead: 'method: POST beside it' }]
    : []),
];

export const headerFindings = (headers: Readonly<Record<string, string>>, place: Path): readonly Finding[] =>
  Object.keys(headers)
    .filter(isSetByGateway)
    .map((name) => ({
      path: [...place, name],
      message: `${name} is set by the gateway and cannot be changed.`,
    }));
