import { isAbout, splitPattern, type ChosenNames, type ConfiguredView } from '@gatehouse/config/model/views';
import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import type { Kind } from './definitions.js';
import { hasDotSegments, matchesUri, type Visibility } from './visibility.js';

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
  const fits = (patterns: readonly string[], matches: (name: string) => boolean): boolean =>
    patterns.some((pattern) => isAbout(pattern, backend) && matches(splitPattern(pattern).name));
  switch (kind) {
    case 'tools':
    case 'prompts': {
      const { include, exclude }: ChosenNames = view[kind];
      const matches = (name: string): boolean => matchesWildcard(name, original);
      return (include === undefined || fits(include, matches)) && !fits(exclude, matches);
    }
    case 'resources':
    case 'resourceTemplates': {
      const { include, exclude } = view.resources;
      if (include !== undefined && !fits(include, (name) => matchesUri(name, original))) return false;
      if (exclude.length === 0) return true;
      // Its backend may understand a URI that is written in another way as one that is excluded.
      if (hasDotSegments(original)) return false;
      const spellings = spellingsOf(original);
      return !fits(exclude, (name) => spellings.some((spelling) => matchesWildcard(name, spelling)));
    }
  }
}

/** A URI as it is written, without encoding, and normalised (WHATWG URL). */
function spellingsOf(uri: string): readonly string[] {
  const plain = decoded(uri);
  return [uri, plain].flatMap((spelling) => [spelling, URL.parse(spelling)?.href ?? spelling]);
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
