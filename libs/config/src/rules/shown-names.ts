import type { Path } from '../findings/path.js';
import type { Finding } from '../findings/problems.js';
import type { ShownAs } from '../model/branding.js';
import { namesIn, type Rule } from './rule.js';

/** People tell providers and backends apart by what pages call them. */
export const shownNames: Rule = ({ authServer, backends }) => {
  if (authServer === undefined) return [];
  const { branding, upstreamProviders } = authServer;
  return [
    ...shownAlike(['backends'], backends, branding.backends),
    ...shownAlike(['authServer', 'upstreamProviders'], upstreamProviders, branding.providers),
  ];
};

interface Named {
  readonly name: string;
}

function shownAlike(
  list: Path,
  named: readonly Named[],
  shown: ReadonlyMap<string, ShownAs>,
): readonly Finding[] {
  const labelOf = ({ name }: Named): string => shown.get(name)?.label ?? name;
  const earlier = new Map<string, number>();
  return named.flatMap((one, index) => {
    const label = labelOf(one);
    const first = earlier.get(comparable(label));
    const other = first === undefined ? undefined : named[first];
    if (first === undefined || other === undefined) {
      earlier.set(comparable(label), index);
      return [];
    }
    // Equal names are reported as such.
    if (comparable(other.name) === comparable(one.name)) return [];
    // One of the two has a display name. That is the one to change.
    const place = label === one.name ? first : index;
    return [
      {
        path: [...list, place, 'displayName'],
        message: `Pages would call ${other.name} and ${one.name} by the same name: ${label}.`,
        related: namesIn(list, named.length),
      },
    ];
  });
}

/** Names that a reader takes for the same. */
const comparable = (text: string): string => text.normalize('NFKC').toLowerCase();
