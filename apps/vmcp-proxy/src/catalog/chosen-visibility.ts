import { isAbout, splitPattern, type ChosenNames, type ConfiguredView } from '@gatehouse/config/model/views';
import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import type { Kind } from './definitions.js';
import { excludedBy, type IsExcluded } from './excluded-uri.js';
import { matchesUri, matchesUriTemplate } from './plain-uri.js';
import type { Visibility } from './visibility.js';

/** What a view shows of what is visible at all. */
export function chosenVisibility(view: ConfiguredView, all: Visibility): Visibility {
  const { include, exclude } = view.tools;
  const excluded = new Map(
    view.backends.map((backend) => [backend, excludedBy(namesOf(view.resources.exclude, backend))]),
  );
  return {
    shows: (kind, backend, original) => {
      const isExcluded = excluded.get(backend);
      return (
        isExcluded !== undefined &&
        all.shows(kind, backend, original) &&
        isChosen(chosenOf(view, kind, backend), kind, original, isExcluded)
      );
    },
    hasTools: (backend) =>
      all.hasTools(backend) &&
      (include === undefined || include.some((pattern) => isAbout(pattern, backend))) &&
      !exclude.some((pattern) => isAbout(pattern, backend) && splitPattern(pattern).name === '*'),
  };
}

/** The names of the patterns that are about a backend. */
const namesOf = (patterns: readonly string[], backend: string): readonly string[] =>
  patterns.filter((pattern) => isAbout(pattern, backend)).map((pattern) => splitPattern(pattern).name);

function chosenOf(view: ConfiguredView, kind: Kind, backend: string): ChosenNames {
  const { include, exclude } = view[kind === 'resourceTemplates' ? 'resources' : kind];
  return {
    ...(include === undefined ? {} : { include: namesOf(include, backend) }),
    exclude: namesOf(exclude, backend),
  };
}

function isChosen(
  { include, exclude }: ChosenNames,
  kind: Kind,
  original: string,
  isExcluded: IsExcluded,
): boolean {
  switch (kind) {
    case 'tools':
    case 'prompts': {
      const matches = (name: string): boolean => matchesWildcard(name, original);
      return include?.some(matches) !== false && !exclude.some(matches);
    }
    case 'resources':
      return include?.some((name) => matchesUri(name, original)) !== false && !isExcluded('uri', original);
    case 'resourceTemplates':
      return (
        include?.some((name) => matchesUriTemplate(name, original)) !== false &&
        !isExcluded('template', original)
      );
  }
}
