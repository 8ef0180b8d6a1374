import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import type { Site } from '../pages/site.js';

/** For a browser that comes back to a sign-in whose client has its tokens. */
export const signedInPage = (site: Site): Html =>
  layout({
    title: t`This sign-in is finished`,
    site,
    page: 'signed-in',
    body: html`<h1>${t`This sign-in is finished`}</h1>
      <p>${t`The application has its answer. Go back to it; you can close this page.`}</p>
      <p class="soft">${t`If it still asks you to sign in, start again from there.`}</p>
      <p class="actions">
        <a class="button" href="${site.basePath}/connections">${t`Your connections`}</a>
      </p>`,
  });

/** For a browser that comes back to a sign-in whose session has ended, or whose client has never come for its tokens. */
export const signInOverPage = (site: Site): Html =>
  layout({
    title: t`This sign-in is over`,
    site,
    page: 'sign-in-over',
    body: html`<h1>${t`This sign-in is over`}</h1>
      <p>${t`It has ended since, or the application did not come for its answer in time.`}</p>
      <p>${t`If the application is not signed in, start again from there.`}</p>
      <p class="actions">
        <a class="button" href="${site.basePath}/connections">${t`Your connections`}</a>
      </p>`,
  });
