import { nearestName } from '../findings/nearest-name.js';
import { namedProviders } from '../model/token-subject.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { namesIn, strategiesOf, type Rule } from './rule.js';

/** V-02, and the same for every other field that names a provider. */
export const knownProviders: Rule = (model) => {
  const { authServer } = model;
  if (authServer === undefined) return [];
  const names = authServer.upstreamProviders.map(({ name }) => name);
  const related = namesIn(['authServer', 'upstreamProviders'], names.length);
  const check = (name: string, path: Path): readonly Finding[] =>
    // What is not written is asked for by another rule.
    name === '' || names.length === 0 || names.includes(name)
      ? []
      : [{ path, related, ...unknown('provider', name, names) }];
  return [
    ...(names.length > 0
      ? []
      : [
          {
            path: ['authServer', 'upstreamProviders'],
            message: 'At least one upstream provider is needed: nobody could sign in.',
          },
        ]),
    ...check(authServer.primaryUpstreamProvider, ['authServer', 'primaryUpstreamProvider']),
    ...strategiesOf(model).flatMap(({ value, path }) =>
      namedProviders(value).flatMap(({ name, field }) => check(name, [...path, ...field])),
    ),
  ];
};

/** The message about an unknown name: all known ones, and the one that was probably meant. */
export function unknown(
  kind: string,
  name: string,
  known: readonly string[],
): { readonly message: string; readonly instead?: string } {
  const nearest = nearestName(name, known);
  return {
    message: `There is no ${kind} named ${name}. Known: ${known.join(', ')}.`,
    ...(nearest === undefined ? {} : { instead: nearest }),
  };
}
