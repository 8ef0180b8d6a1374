import { CLAIM_SOURCES } from '../model/claim-mappings.js';
import { block, choice, list, text } from './fields.js';

const fields = (asks: string) => ({
  from: choice(
    CLAIM_SOURCES,
    'Where the provider says it. `userInfo`: its user information endpoint, or `userInfo` of a provider of type `oauth2`.',
  ).default('idToken'),
  policies: list(text('policyText', 'One policy or several.'), 'Policies.'),
  groupClaimName: text(
    'answerPath',
    'Claim of the provider with the groups of the person: a name, or a path (`realm_access.roles`).',
  ).default('groups'),
  roleClaimName: text('answerPath', 'A second claim whose values are groups as well.').exactOptional(),
  groupEntityType: text('entityType', 'Entity type of these groups in policies.').default('Group'),
  contact: text(
    'identifier',
    `Whom people ask who may not ${asks}: a name, a mail address or a URL. Their page shows it.`,
  ).exactOptional(),
});

/** Policies in Cedar: who may sign in. */
export const access = block(
  'Policies in Cedar that decide who may sign in, by what the primary provider says of them (`docs/access.md`). Whom no policy permits gets no account, no session and no token; the same is asked again whenever a token is issued. Left out: everybody whom the primary provider lets in.',
  fields('sign in'),
);

/** Policies in Cedar: who may administer. */
export const administrators = block(
  'Policies in Cedar that decide which people may administer, by what the primary provider says of them: the language is that of `authServer.access`, and the action `administer`. They sign in with a client that has `administers: true`. The same is asked again whenever a token is issued, and then nothing counts that was said before. Left out: nobody.',
  fields('administer'),
);
