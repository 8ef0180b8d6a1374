import type { Accents } from './colors.js';
import type { Logo } from './logos.js';

/** How pages name a provider or a backend. */
export interface ShownAs {
  readonly label: string;
  readonly logo?: Logo;
}

export interface ShownProvider extends ShownAs {
  /** What its scopes let somebody do; a scope that is not in it has no words. */
  readonly scopeWords: Readonly<Record<string, string>>;
}

/** How the pages for people look, and what they call things. */
export interface Branding {
  readonly name: string;
  readonly logo?: Logo;
  /** Absent: the pages' own. */
  readonly accents?: Accents;
  readonly supportUrl?: string;
  readonly termsUrl?: string;
  /** Every provider, by its name. */
  readonly providers: ReadonlyMap<string, ShownProvider>;
  /** Every backend, by its name, in configured order. */
  readonly backends: ReadonlyMap<string, ShownAs>;
}
