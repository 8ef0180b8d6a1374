import { isAbout, splitPattern, type ChosenNames, type ConfiguredView } from '@gatehouse/config/model/views';
import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import type { Kind } from './definitions.js';
import { isExcluded } from './excluded-uri.js';
import { matchesUri, matchesUriTemplate } from './plain-uri.js';
import type { Visibility } from './visibility.js';

/** What a view shows of what is visible at all. */
export function chosenVisibility(view: ConfiguredView, all: Visibility): Visibility {
  const { include, exclude } = view.tools;
  return {
    shows: (kind, backend, original) =>
      view.backends.includes(backend) &&
      all.shows(kind, backend, original) &&
      isChosen(view, kind, backend, original),
    hasTools: (backend) =>
      all.hasTools(backend) &&
      (include === undefined || include.some((pattern) => isAbout(pattern, backend))) &&
      !exclude.some((pattern) => isAbout(pattern, backend) && splitPattern(pattern).name === '*'),
  };
}

function isChosen(view: ConfiguredView, kind: Kind, backend: string, original: string): boolean {
  const namesOf = (patterns: readonly string[]): readonly string[] =>
    patterns.filter((pattern) => isAbout(pattern, backend)).map((pattern) => splitPattern(pattern).name);
  const chosen: ChosenNames = view[kind === 'resourceTemplates' ? 'resources' : kind];
  const include = chosen.include && namesOf(chosen.include);
  const exclude = namesOf(chosen.exclude);
  switch (kind) {
    case 'tools':
    case 'prompts': {
      const matches = (name: string): boolean => matchesWildcard(name, original);
      return include?.some(matches) !== false && !exclude.some(matches);
    }
    case 'resources':
      return (
        include?.some((name) => matchesUri(name, original)) !== false && !isExcluded(exclude, 'uri', original)
      );
    case 'resourceTemplates':
      return (
        include?.some((name) => matchesUriTemplate(name, original)) !== false &&
        !isExcluded(exclude, 'template', original)
      );
  }
}
