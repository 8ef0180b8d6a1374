import type { ConnectionView } from '@gatehouse/contracts/token-vault/connection-list';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { time } from '../pages/time.js';
import type { ListedSession } from '../sessions/session.store.js';
import { applicationItems } from './application-items.js';
import { userSecretItems, type ListedSecret } from './user-secret-items.js';
import { backendLabels, shownProvider, type Site } from '../pages/site.js';
import { logoImage } from '../pages/brand-files.js';

interface ListedProvider {
  readonly name: string;
  readonly backends: readonly string[];
  /** Absent: not connected. */
  readonly connection?: ConnectionView;
}

export interface ConnectionsView {
  readonly accountName: string;
  readonly providers: readonly ListedProvider[];
  readonly secrets: readonly ListedSecret[];
  readonly sessions: readonly ListedSession[];
  readonly nowMs: number;
  readonly csrf: string;
  readonly site: Site;
}

/** What the signed-in user has connected and where they are signed in, and how to end either. */
export function connectionsPage(view: ConnectionsView): Html {
  const { accountName, providers, secrets, sessions, nowMs, csrf, site } = view;
  const form = (fields: Readonly<Record<string, string>>, inside: Html): Html =>
    html`<form method="post" action="${site.basePath}/connections">
      <input type="hidden" name="csrf" value="${csrf}" />
      ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      ${inside}
    </form>`;
  return layout({
    title: t`Your connections`,
    site,
    page: 'connections',
    wide: true,
    body: html`<h1>${t`Your connections`}</h1>
      <p class="soft">${t`Signed in as ${html`<strong>${accountName}</strong>`}`}</p>
      <h2>${t`Accounts at providers`}</h2>
      <ul class="items">
        ${providers.map((provider) => providerItem(provider, { site, nowMs, form }))}
      </ul>
      ${userSecretItems(secrets, { site, nowMs, form })}
      <h2>${t`Applications that work on your behalf`}</h2>
      ${applicationItems(sessions, nowMs, form)}
      <div class="actions">
        ${form({ action: 'leave' }, html`<button>${t`Sign out of this browser`}</button>`)}
      </div>`,
  });
}

interface ItemParts {
  readonly site: Site;
  readonly nowMs: number;
  readonly form: (fields: Readonly<Record<string, string>>, button: Html) => Html;
}

function providerItem(
  { name, backends, connection }: ListedProvider,
  { site, nowMs, form }: ItemParts,
): Html {
  const { label, logo } = shownProvider(site, name);
  const connect = html`<a class="button" href="${site.basePath}/connect/${name}"
    >${connection === undefined ? t`Connect` : t`Connect again`} <span class="unseen">${label}</span></a
  >`;
  return html`<li data-provider="${name}" data-state="${connection?.state ?? 'missing'}">
    <div class="row">
      <div>
        ${logoImage(site, logo)}<span class="name">${label}</span>${stateTag(connection)}
        ${connection === undefined ? undefined : html`<p class="small soft">${t`As ${connection.name ?? connection.email ?? connection.subject}, connected ${time(connection.connectedAtMs, nowMs)}`}</p>`}
        ${backends.length === 0 ? undefined : html`<p class="small soft">${t`Used by`}: ${backendLabels(site, backends)}</p>`}
      </div>
      <div class="row">
        ${connection?.state === 'live' ? undefined : connect}
        ${connection === undefined ? undefined : form({ action: 'disconnect', provider: name }, html`<button>${t`Disconnect`} <span class="unseen">${label}</span></button>`)}
      </div>
    </div>
  </li>`;
}

function stateTag(connection: ConnectionView | undefined): Html {
  switch (connection?.state) {
    case undefined:
      return html`<span class="tag">${t`not connected`}</span>`;
    case 'live':
      return html`<span class="tag live">${t`connected`}</span>`;
    case 'reauth_required':
      return html`<span class="tag bad">${t`needs you to sign in again`}</span>`;
    case 'ambiguous':
      return html`<span class="tag">${t`being checked`}</span>`;
  }
}

export function signedOutPage(site: Site): Html {
  return layout({
    title: t`Your connections`,
    site,
    page: 'signed-out',
    body: html`<h1>${t`You are not signed in here`}</h1>
      <p>${t`Sign in to see which accounts you connected and which applications work on your behalf.`}</p>
      <p class="actions">
        <a class="button main" href="${site.basePath}/connections/sign-in">${t`Sign in`}</a>
      </p>`,
  });
}
