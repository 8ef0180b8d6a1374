import { html, t, type Html } from './html.js';
import { layout } from './layout.js';
import type { Site } from './site.js';

/** Nothing failed here, so that there is no line of the log and no reference. */
export const notFoundPage = (site: Site): Html =>
  layout({
    title: t`Nothing is here`,
    site,
    page: 'not-found',
    body: html`<h1>${t`Nothing is here`}</h1>
      <p>${t`This gateway has no page at this address. Part of it may be missing, or it may be old.`}</p>
      <p>
        ${t`If you came from an application, go back to it and start again from there. Nothing was changed.`}
      </p>
      <p class="actions">
        <a class="button main" href="${site.basePath}/connections">${t`Your connections`}</a>
        <a class="button" href="${site.basePath}/">${t`What this gateway is`}</a>
      </p>`,
  });
