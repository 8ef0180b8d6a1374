import { redirectTarget } from '../consent/destination.js';
import { fact } from '../pages/fact.js';
import type { FormFacts } from '../pages/form-facts.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import type { WantedLogout } from './logout-tickets.js';
import type { Site } from '../pages/site.js';

export interface LogoutView extends FormFacts {
  readonly accountName: string;
  readonly logout: WantedLogout;
  /** Of the form. */
  readonly ticket: string;
  /** The application is signed out as well: its session is this person's. */
  readonly endsSession: boolean;
}

/** An application, or somebody who pretends to be one, wants the person to be signed out. Only they decide. */
export function confirmLogoutPage(view: LogoutView): Html {
  const { accountName, logout, ticket, endsSession, csrf, action, site } = view;
  const { clientName, redirectUri } = logout;
  return layout({
    title: t`Sign out?`,
    site,
    page: 'confirm-logout',
    body: html`<h1>${t`Sign out?`}</h1>
      <p>
        ${clientName === undefined ? t`You were sent here to be signed out.` : t`“${clientName}” sent you here to be signed out.`}
        ${t`You are signed in as ${html`<strong>${accountName}</strong>`}.`}
      </p>
      <p>
        ${endsSession ? t`This signs “${clientName}” and this browser out.` : t`This signs this browser out.`}
        ${t`Other applications stay signed in until you end them at your connections.`}
      </p>
      <dl>
        ${fact(t`Sends you back to`, redirectUri === undefined ? undefined : redirectTarget(redirectUri))}
      </dl>
      <form method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <input type="hidden" name="for" value="${ticket}" />
        <div class="actions stretch">
          <button class="main" name="decision" value="leave">${t`Sign out`}</button>
          <button name="decision" value="stay">${t`Stay signed in`}</button>
        </div>
      </form>`,
  });
}

export const signedOutPage = (site: Site): Html =>
  layout({
    title: t`You are signed out`,
    site,
    page: 'logged-out',
    body: html`<h1>${t`You are signed out`}</h1>
      <p>${t`Nobody is signed in to this gateway in this browser. You can close this page.`}</p>
      <p class="actions">
        <a class="button" href="${site.basePath}/connections">${t`Your connections`}</a>
      </p>`,
  });
