import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';

export const uniqueNames: Rule = ({ authServer, backends, vault, aggregation, views, outgoingAuth }) => [
  ...repeated(
    ['backends'],
    'name',
    backends.map(({ name }) => name),
  ),
  ...repeated(
    ['views'],
    'name',
    views.map(({ name }) => name),
  ),
  ...repeated(
    ['authServer', 'upstreamProviders'],
    'name',
    (authServer?.upstreamProviders ?? []).map(({ name }) => name),
  ),
  ...repeated(
    ['authServer', 'clientRegistration', 'clients'],
    'clientId',
    (authServer?.clientRegistration.clients ?? []).map(({ clientId }) => clientId),
  ),
  ...repeated(
    ['authServer', 'keyEncryptionKeys'],
    'id',
    (authServer?.keyEncryptionKeys ?? []).map(({ id }) => id),
  ),
  ...repeated(
    ['vault', 'keyEncryptionKeys'],
    'id',
    vault.keyEncryptionKeys.map(({ id }) => id),
  ),
  ...repeated(
    ['vault', 'requestKeys'],
    'id',
    vault.requestKeys.map(({ id }) => id),
  ),
  ...(['tools', 'prompts', 'resources'] as const).flatMap((kind) =>
    repeated(
      ['aggregation', kind],
      'workload',
      aggregation[kind].map(({ workload }) => workload),
    ),
  ),
  ...collisions([...outgoingAuth.backends.keys()]).map(({ name, first }) => ({
    path: ['outgoingAuth', 'backends', name],
    message: `${name} and ${first} differ only by case.`,
  })),
];

const repeated = (list: Path, field: string, names: readonly string[]): readonly Finding[] =>
  collisions(names).map(({ name, first, index }) => ({
    path: [...list, index, field],
    message:
      name === first
        ? `${name} is already taken further up in this list.`
        : `${name} and ${first} differ only by case.`,
  }));

/** Names that equal an earlier name when case is ignored. */
function collisions(
  names: readonly string[],
): readonly { readonly name: string; readonly first: string; readonly index: number }[] {
  const seen = new Map<string, string>();
  return names.flatMap((name, index) => {
    const first = seen.get(name.toLowerCase());
    if (first === undefined) seen.set(name.toLowerCase(), name);
    return first === undefined ? [] : [{ name, first, index }];
  });
}
