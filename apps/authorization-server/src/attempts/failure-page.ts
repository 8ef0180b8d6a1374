import type { FormFacts } from '../pages/form-facts.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { backendLabels, providerLabel } from '../pages/site.js';
import type { LegFailure } from './attempt.js';

export interface FailureView extends FormFacts {
  readonly provider: string;
  readonly reason: LegFailure;
  /** Finds the failure in the log: the attempt's id. */
  readonly reference: string;
  readonly optional: boolean;
  /** Legs that are done and stay done. */
  readonly connected: readonly string[];
  /** Backends that cannot be used without this provider. */
  readonly backends: readonly string[];
}

interface FailureText {
  readonly title: Html;
  readonly what: Html;
  readonly retry: Html;
}

/** Tells which provider failed, what happened, and what the person can do now. */
export function failurePage(view: FailureView): Html {
  const { provider, reason, reference, optional, connected, backends, csrf, action, site } = view;
  const label = providerLabel(site, provider);
  const { title, what, retry } = textFor(label, reason);
  return layout({
    title,
    site,
    page: 'failure',
    body: html`<h1>${title}</h1>
      <div class="note bad" role="alert"><p>${what}</p></div>
      ${connected.length === 0 ? undefined : html`<p>${t`Connected already, and kept: ${html`<strong>${connected.map((name) => providerLabel(site, name)).join(', ')}</strong>`}.`}</p>`}
      ${optional && backends.length > 0 ? html`<p class="soft">${t`You can go on without it. Until you connect ${label}, these will not work: ${backendLabels(site, backends)}.`}</p>` : undefined}
      <form method="post" action="${action}" data-provider="${provider}" data-reason="${reason}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <input type="hidden" name="provider" value="${provider}" />
        <div class="actions stretch">
          <button class="main" name="decision" value="retry">${retry}</button>
          ${optional ? html`<button name="decision" value="skip">${t`Skip ${label}`}</button>` : undefined}
          <button name="decision" value="cancel">${t`Cancel`}</button>
        </div>
      </form>
      <p class="soft small">${t`Reference`}: <code>${reference}</code></p>`,
  });
}

function textFor(provider: string, reason: LegFailure): FailureText {
  switch (reason) {
    case 'denied':
      return {
        title: t`${provider} did not give access`,
        what: t`Access was declined at ${provider}, by you or by a rule of the organization.`,
        retry: t`Try again`,
      };
    case 'provider_unavailable':
      return {
        title: t`${provider} cannot be reached`,
        what: t`${provider} does not respond at the moment, or says that it is out of order.`,
        retry: t`Try again`,
      };
    case 'provider_error':
      return {
        title: t`${provider} answered with an error`,
        what: t`${provider} refused the sign-in with an error. If that happens again, tell the people who run this gateway, with the reference below.`,
        retry: t`Try again`,
      };
    case 'invalid_response':
      return {
        title: t`The response of ${provider} was not valid`,
        what: t`The gateway could not verify the response of ${provider}, so it did not use it. If that happens again, tell the people who run this gateway, with the reference below.`,
        retry: t`Try again`,
      };
    case 'identity_taken':
      return {
        title: t`This account belongs to somebody else`,
        what: t`Another person here has already connected the account that you chose at ${provider}. Choose another account, or start again and sign in as that person.`,
        retry: t`Try again with another account`,
      };
  }
}
