import { isReservedHeader } from './header-injection.js';
import { providersOf, type Rule } from './rule.js';

/** Headers that may be set here, unlike on a backend's request. */
const CHOOSABLE = new Set(['accept']);

export const userInfo: Rule = (model) =>
  providersOf(model).flatMap(({ value: { protocol }, block }) => {
    if (protocol.type !== 'oauth2') return [];
    const place = [...block, 'userInfo'];
    const { additionalHeaders, fieldMapping } = protocol.userInfo;
    return [
      ...Object.keys(additionalHeaders)
        .filter((name) => !CHOOSABLE.has(name.toLowerCase()))
        .filter((name) => isReservedHeader(name) || ['authorization', 'cookie'].includes(name.toLowerCase()))
        .map((name) => ({
          path: [...place, 'additionalHeaders', name],
          message: `${name} is set by the gateway and cannot be changed.`,
        })),
      ...(fieldMapping.subjectFields.length === 0
        ? [
            {
              path: [...place, 'fieldMapping', 'subjectFields'],
              message: 'At least one field must identify the person.',
            },
          ]
        : []),
    ];
  });
