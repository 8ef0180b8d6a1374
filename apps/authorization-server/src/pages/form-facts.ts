import type { Site } from './site.js';

/** What a page needs for its form: whose answer it is (`csrf`), and where it goes. */
export interface FormFacts {
  readonly csrf: string;
  readonly action: string;
  readonly site: Site;
}
