import type { UserSecretView } from '@gatehouse/config/user-secret-parts';
import type { ConnectionView } from '@gatehouse/contracts/token-vault/connection-list';
import { MAX_ENTERED_LENGTH } from '@gatehouse/contracts/token-vault/secret-enter';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { time } from '../pages/time.js';
import { backendLabels, type Site } from '../pages/site.js';

export interface ListedSecret extends UserSecretView {
  /** Absent: nothing was entered. */
  readonly connection?: ConnectionView;
}

interface ItemParts {
  readonly site: Site;
  readonly nowMs: number;
  readonly form: FormOf;
}

type FormOf = (fields: Readonly<Record<string, string>>, inside: Html) => Html;

/** What a person enters for backends that know no sign-in. What was entered is never shown. */
export const userSecretItems = (secrets: readonly ListedSecret[], parts: ItemParts): Html | undefined =>
  secrets.length === 0
    ? undefined
    : html`<h2>${t`Secrets that you enter`}</h2>
        <p class="small soft">
          ${t`Each is kept sealed, is sent to the servers that are named beside it, and is never shown again.`}
        </p>
        <ul class="items">
          ${secrets.map((secret) => secretItem(secret, parts))}
        </ul>`;

function secretItem(
  { name, label, help, backends, connection }: ListedSecret,
  { site, nowMs, form }: ItemParts,
): Html {
  const isEntered = connection !== undefined;
  const field = `secret-of-${name}`;
  return html`<li id="${name}" data-secret="${name}" data-state="${isEntered ? 'entered' : 'missing'}">
    <div class="row">
      <div>
        <span class="name">${label}</span
        >${isEntered ? html`<span class="tag live">${t`entered`}</span>` : html`<span class="tag">${t`not entered`}</span>`}
        ${isEntered ? html`<p class="small soft">${t`Entered ${time(connection.connectedAtMs, nowMs)}`}</p>` : undefined}
        <p class="small soft">${t`Sent to`}: ${backendLabels(site, backends)}</p>
        ${help === undefined ? undefined : html`<p class="small"><a href="${help}" rel="noreferrer noopener" target="_blank">${t`Where you get one`}</a></p>`}
      </div>
      ${isEntered ? form({ action: 'disconnect', provider: name }, html`<button>${t`Remove`} <span class="unseen">${label}</span></button>`) : undefined}
    </div>
    ${form(
      { action: 'enter-secret', name },
      html`<div class="row entry">
        <label for="${field}" class="small">${isEntered ? t`Replace your ${label}` : t`Your ${label}`}</label>
        <input
          id="${field}"
          name="secret"
          type="password"
          autocomplete="off"
          spellcheck="false"
          required
          maxlength="${String(MAX_ENTERED_LENGTH)}"
        />
        <button class="main">${t`Save`} <span class="unseen">${label}</span></button>
      </div>`,
    )}
  </li>`;
}

/** Nothing of it is repeated. */
export const unfitSecretPage = (label: string, backTo: string, site: Site): Html =>
  layout({
    title: t`This was not saved`,
    site,
    page: 'unfit-secret',
    body: html`<h1>${t`Your ${label} was not saved`}</h1>
      <p>
        ${t`It has to be 1 to ${MAX_ENTERED_LENGTH} letters, digits and signs of the English keyboard, in one line. Copy it again without anything around it.`}
      </p>
      <p class="actions"><a class="button main" href="${backTo}">${t`Try again`}</a></p>`,
  });

export interface SignInForSecretView {
  readonly label: string;
  readonly backends: readonly string[];
  readonly csrf: string;
  readonly action: string;
  readonly site: Site;
}

/** Behind a client's link, in a browser in which nobody is signed in. */
export const signInForSecretPage = ({ label, backends, csrf, action, site }: SignInForSecretView): Html =>
  layout({
    title: t`Enter your ${label}`,
    site,
    page: 'secret',
    body: html`<h1>${t`Enter your ${label}`}</h1>
      <p>
        ${t`An application that you use needs your ${label} for ${html`<strong>${backendLabels(site, backends)}</strong>`}. You sign in first, so that it goes to the right account, and enter it on the page with your connections.`}
      </p>
      <form method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <div class="actions stretch">
          <button class="main" name="decision" value="continue">${t`Continue to sign in`}</button>
          <button name="decision" value="cancel">${t`Cancel`}</button>
        </div>
      </form>`,
  });
