import type { z } from 'zod';
import type { oauth2Config } from '../yaml/oauth2-fields.js';
import type { oidcConfig } from '../yaml/oidc-fields.js';
import type { Format } from '../yaml/formats.js';

/** What is written beside `provider:` because no profile can know it. `{name}` in a field stands for its value. */
export interface ProfileParameter {
  readonly format: Extract<Format, 'hostName' | 'directoryId' | 'url' | 'baseUrl' | 'pathPart'>;
  readonly about: string;
  readonly example: string;
  /** Left out: it has to be written. */
  readonly fallback?: string;
}

interface ProfileFacts {
  /** As people call the provider. */
  readonly title: string;
  /** Its own documentation, where each field of the profile is from. */
  readonly documentation: readonly string[];
  readonly parameters?: Readonly<Record<string, ProfileParameter>>;
  /** The version of the provider itself that `npm run real-providers` runs it against. */
  readonly testedWith?: string;
  /** What an operator should know: one sentence each. */
  readonly notes?: readonly string[];
}

/** In a list of scopes: those that the provider is asked for. */
export const REQUESTED_SCOPES = '{scopes}';

/** What is known of a provider: fields as they would be written in `gatehouse.yaml`. */
export type Profile = ProfileFacts &
  (
    | { readonly type: 'oidc'; readonly fields: Partial<z.input<typeof oidcConfig>> }
    | { readonly type: 'oauth2'; readonly fields: Partial<z.input<typeof oauth2Config>> }
  );
