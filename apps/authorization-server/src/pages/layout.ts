import { brandStyle, logoImage, logoPath } from './brand-files.js';
import { html, t, type Html, type HtmlValue } from './html.js';
import { ICON_PATH } from './icon.js';
import type { Site } from './site.js';
import { STYLESHEET_PATH } from './stylesheet.js';

export interface PageParts {
  /** Also the text of the tab. */
  readonly title: Html;
  readonly body: HtmlValue;
  readonly site: Site;
  /** Names the page for tests and for people who report a problem. */
  readonly page: string;
  readonly wide?: boolean;
}

const MARK = html`<svg
  viewBox="0 0 24 24"
  fill="none"
  stroke="currentColor"
  stroke-width="1.8"
  stroke-linecap="round"
  stroke-linejoin="round"
  aria-hidden="true"
>
  <path d="M4 21V9l8-6 8 6v12" />
  <path d="M9 21v-6a3 3 0 0 1 6 0v6" />
  <path d="M3 21h18" />
</svg>`;

/** A whole page. It needs no script and carries none. */
export function layout({ title, body, site, page, wide }: PageParts): Html {
  const { basePath, branding } = site;
  return html`<!doctype html>
    <html lang="${t`en`}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} · ${branding.name}</title>
        ${iconLink(site)}
        <link rel="stylesheet" href="${basePath}${STYLESHEET_PATH}" />
        ${brandStyle(site)}
      </head>
      <body>
        <header class="mark">${logoImage(site, branding.logo) ?? MARK}<span>${branding.name}</span></header>
        <main data-page="${page}" ${wide === true ? html` class="wide"` : ''}>${body}</main>
        ${foot(site)}
      </body>
    </html> `;
}

const iconLink = (site: Site): Html =>
  site.branding.logo === undefined
    ? html`<link rel="icon" href="${site.basePath}${ICON_PATH}" type="image/svg+xml" />`
    : html`<link
        rel="icon"
        href="${logoPath(site, site.branding.logo)}"
        type="${site.branding.logo.mediaType}"
      />`;

/** The next site does not learn this page's address. */
const footLink = (href: string | undefined, label: Html): Html | undefined =>
  href === undefined ? undefined : html`<a href="${href}" rel="noreferrer">${label}</a>`;

function foot({ branding: { supportUrl, termsUrl } }: Site): Html | undefined {
  const links = [footLink(supportUrl, t`Help`), footLink(termsUrl, t`Terms`)].filter(
    (link) => link !== undefined,
  );
  return links.length === 0 ? undefined : html`<footer>${links}</footer>`;
}
