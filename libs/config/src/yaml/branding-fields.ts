import { MAX_LOGO_BYTES } from '../model/logos.js';
import { block, mapOf, text } from './fields.js';

const LOGO = `An image as a \`data:\` URL: PNG, JPEG, WebP, or SVG that only draws; at most ${MAX_LOGO_BYTES} bytes. The authorization server serves it itself.`;

const display = (derived: string) => ({
  displayName: text('displayName', 'What pages for people call it.', { derived }).exactOptional(),
  logo: text('logo', `Beside that name. ${LOGO}`).exactOptional(),
});

export const displayOfBackend = display('`name`');
export const displayOfProvider = {
  ...display(
    'as its people call the provider (`GitHub`), where `name` and `provider` are the same; else `name`',
  ),
  scopeDescriptions: mapOf(
    { name: 'scope', format: 'scope' },
    text('displayName', 'What the scope lets somebody do: `read your tickets`.'),
    'Scopes in words, for the pages on which people allow them. Known are those of OpenID Connect, and the common ones of each `provider`; others are shown by their name.',
  ).default({}),
};

export const branding = block('How the pages for people look (`docs/guides/branding.md`).', {
  name: text('displayName', 'Whose gateway it is: at the top of each page, and in the tab.').default(
    'Gatehouse',
  ),
  logo: text('logo', `Beside that name, and in the tab. ${LOGO}`).exactOptional(),
  color: text(
    'color',
    'Of buttons and links. It has to be readable on a light page (4.5:1, WCAG 2.2); dark pages get a lighter one of it.',
  ).exactOptional(),
  supportUrl: text('linkUrl', 'Where people find help; at the foot of each page.').exactOptional(),
  termsUrl: text('linkUrl', 'Terms of use; at the foot of each page.').exactOptional(),
});
