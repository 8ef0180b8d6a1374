import { html, type Html, type HtmlValue } from './html.js';
import { ICON_PATH } from './icon.js';
import { STYLESHEET_PATH } from './stylesheet.js';

export interface PageParts {
  /** Also the text of the tab. */
  readonly title: string;
  readonly body: HtmlValue;
  /** Path of the issuer, before our own paths. */
  readonly basePath: string;
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
export function layout({ title, body, basePath, page, wide }: PageParts): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} · Gatehouse</title>
        <link rel="icon" href="${basePath}${ICON_PATH}" type="image/svg+xml" />
        <link rel="stylesheet" href="${basePath}${STYLESHEET_PATH}" />
      </head>
      <body>
        <div class="mark">${MARK}<span>Gatehouse</span></div>
        <main data-page="${page}" ${wide === true ? html` class="wide"` : ''}>${body}</main>
      </body>
    </html> `;
}
