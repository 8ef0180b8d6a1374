import { fact } from '../pages/fact.js';
import type { FormFacts } from '../pages/form-facts.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { scopeList } from '../pages/scope-list.js';
import { backendLabels, providerLabel, type Site } from '../pages/site.js';

export interface ConnectView extends FormFacts {
  readonly provider: string;
  readonly scopes: readonly string[];
  readonly backends: readonly string[];
  /** Shown only to the person whose client asks. */
  readonly clientName: string | undefined;
  readonly signedInAs: string | undefined;
}

/** A client links to it when a provider is missing. Nothing happens before the person says so. */
export function connectPage(view: ConnectView): Html {
  const { provider, scopes, backends, clientName, signedInAs, csrf, action, site } = view;
  const label = providerLabel(site, provider);
  return layout({
    title: t`Connect ${label}`,
    site,
    page: 'connect',
    body: html`<h1>${t`Connect ${label}`}</h1>
      <p>
        ${t`${clientName === undefined ? t`An application that you use` : t`“${clientName}”`} needs your account at ${html`<strong>${label}</strong>`} to go on.`}
      </p>
      <dl>
        ${fact(t`Access`, scopes.length > 0 && scopeList(site, provider, scopes))}
        ${fact(t`Used by`, backendLabels(site, backends))} ${fact(t`Signed in as`, signedInAs)}
      </dl>
      ${signedInAs === undefined ? html`<p class="soft">${t`You sign in first, so that the connection goes to the right account.`}</p>` : undefined}
      <form class="decide" method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <div class="actions stretch">
          <button class="main" name="decision" value="continue">${t`Continue to ${label}`}</button>
          <button name="decision" value="cancel">${t`Cancel`}</button>
        </div>
      </form>`,
  });
}

export function connectedPage(provider: string, site: Site): Html {
  const label = providerLabel(site, provider);
  return layout({
    title: t`${label} is connected`,
    site,
    page: 'connected',
    body: html`<h1>${t`${label} is connected`}</h1>
      <p>
        ${t`Go back to your application and try again there. It works from the next call on. You can close this page.`}
      </p>
      <p class="small"><a href="${site.basePath}/connections">${t`See all your connections`}</a></p>`,
  });
}

export const nothingConnectedPage = (site: Site): Html =>
  layout({
    title: t`Nothing was connected`,
    site,
    page: 'cancelled',
    body: html`<h1>${t`Nothing was connected`}</h1>
      <p>${t`Nothing was changed. You can close this page.`}</p>
      <p class="small"><a href="${site.basePath}/connections">${t`See all your connections`}</a></p>`,
  });

/** @param signInAgain where to sign in as somebody else. */
export const wrongAccountPage = (site: Site, signInAgain: string): Html =>
  layout({
    title: t`This link is for another account`,
    site,
    page: 'wrong-account',
    body: html`<h1>${t`This link is for another account`}</h1>
      <p>
        ${t`The application that sent you here and this browser are signed in as two different people. To protect both, nothing was connected.`}
      </p>
      <p>${t`If both accounts are yours, sign in here with the other one, then open the link again.`}</p>
      <p class="actions">
        <a class="button main" href="${signInAgain}">${t`Sign in with another account`}</a>
      </p>`,
  });

export const linkEndedPage = (site: Site): Html =>
  layout({
    title: t`This link has ended`,
    site,
    page: 'link-ended',
    body: html`<h1>${t`This link has ended`}</h1>
      <p>
        ${t`The application that sent you here is no longer signed in, or this gateway has no provider of that name.`}
      </p>
      <p>${t`Sign in again from the application. It will then ask for the provider.`}</p>`,
  });

export const noAccountPage = (site: Site): Html =>
  layout({
    title: t`No account yet`,
    site,
    page: 'no-account',
    body: html`<h1>${t`You have no account here yet`}</h1>
      <p>
        ${t`You get an account when you sign in from an application for the first time. Add this gateway to your application and sign in there.`}
      </p>`,
  });
