import type { Html } from '../pages/html.js';
import type { FormTargets } from './page-headers.js';

/** What a browser gets. */
export type Shown =
  | {
      readonly kind: 'page';
      readonly page: Html;
      readonly status?: number;
      readonly targets?: FormTargets;
      readonly setCookies?: readonly string[];
      /** Where the browser goes at once, by itself: a path of ours. */
      readonly onwardTo?: string;
    }
  /** 302 to a provider, 303 after a form or to the client. */
  | {
      readonly kind: 'redirect';
      readonly status: 302 | 303;
      readonly location: string;
      readonly setCookies?: readonly string[];
    }
  /** Nobody reads it: the request did not come from a person. */
  | { readonly kind: 'empty'; readonly status: 503 };
