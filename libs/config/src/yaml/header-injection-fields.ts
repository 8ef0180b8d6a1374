import { z } from 'zod';
import { MAX_SECRET_LABEL_LENGTH } from '../model/bounds.js';
import { OWN_WORDS } from './checks.js';
import { block, checkedBlock, secret, text } from './fields.js';
import { NO_TOOL_SCOPES } from './tool-scopes-fields.js';

/** The credential is everybody's or each person's own. */
const valueOfSomebody = z.superRefine<object>((value, context) => {
  const written = ['headerValue', 'perUser'].filter((field) => Object.hasOwn(value, field));
  if (written.length === 0)
    context.addIssue({
      code: OWN_WORDS,
      path: ['headerValue'],
      message: 'The value of the header is required.',
      params: { instead: 'headerValue: { env: NAME } for everybody, or perUser: { name, label }' },
    });
  if (written.length === 2)
    context.addIssue({
      code: OWN_WORDS,
      path: ['perUser'],
      message: 'The value is either one for everybody (headerValue) or one of each person (perUser).',
    });
});

export const headerInjection = checkedBlock(
  'For `type: headerInjection`: the same credential for all callers, or a secret of each.',
  {
    headerName: text('headerName', 'Request header to set.'),
    headerValue: secret('Its value, for everybody.').exactOptional(),
    scheme: text('authScheme', 'What stands in front of the secret, such as `Bearer` or `Token`.', {
      derived: 'nothing: the secret alone',
    }).exactOptional(),
    perUser: block(
      'A secret that each person enters once on the connections page; the vault keeps it sealed, and nobody sees it again. Needs `authServer`.',
      {
        name: text(
          'dnsLabel',
          'Name of the secret in links; none of a provider. Backends that name the same one get the same secret.',
        ),
        label: text(
          'identifier',
          `What people call it, such as \`Jira API token\`; at most ${MAX_SECRET_LABEL_LENGTH} characters.`,
        ),
        help: text('url', 'Page on which people get one; https.').exactOptional(),
      },
    ).exactOptional(),
  },
  valueOfSomebody,
  { mistakes: NO_TOOL_SCOPES.headerInjection },
);
