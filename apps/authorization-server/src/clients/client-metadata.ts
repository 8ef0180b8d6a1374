import { clientPageProblem } from '@gatehouse/config/urls/client-uris';
import type { ClientMetadata, Configuration } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { applicationType, redirectUrisProblem, type RedirectPolicy } from './redirect-uris.js';

/** Members that name a page about the client (RFC 7591, section 2). */
export const CLIENT_PAGES = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const;

/** @returns what is wrong with the pages that a client names, in a sentence for its developer. */
export function clientPagesProblem(metadata: Readonly<Record<string, unknown>>): string | undefined {
  for (const member of CLIENT_PAGES) {
    const uri = metadata[member];
    const problem = uri === undefined ? undefined : clientPageProblem(uri);
    if (problem !== undefined) return `${member} ${problem}`;
  }
  return undefined;
}

/**
 * Runs for each client that the library is about to use: registered now or by an earlier release, described by a
 * document, or of the configuration. So a place where no code may be sent is refused wherever it came from.
 */
export const clientMetadataRule = (
  policy: RedirectPolicy,
): NonNullable<Configuration['extraClientMetadata']> => ({
  properties: ['redirect_uris'],
  validator: (_ctx, _member, _value, metadata: ClientMetadata) => {
    const problem = redirectUrisProblem(metadata.redirect_uris, policy) ?? clientPagesProblem(metadata);
    if (problem !== undefined) throw new errors.InvalidClientMetadata(problem);
    metadata.application_type = applicationType(metadata.redirect_uris ?? []);
  },
});
