import { fact } from '../pages/fact.js';
import type { FormFacts } from '../pages/form-facts.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import type { RequestingClient } from '../oauth-endpoints/authorization-requests.flow.js';
import { redirectTarget, unassuredNote } from './redirect-target.js';

export interface ContinueView extends FormFacts {
  readonly client: RequestingClient;
  readonly redirectUri: string;
  readonly accountName: Html | string;
  /** The account's connections are used again. */
  readonly reused: boolean;
}

/** The account has approved this client before, so there is one question instead of the whole approval. */
export function continuePage(view: ContinueView): Html {
  const { client, redirectUri, accountName, reused, csrf, action, site } = view;
  return layout({
    title: t`Continue as ${accountName}?`,
    site,
    page: 'continue',
    body: html`<h1>${t`Continue as ${accountName}?`}</h1>
      <p>
        ${reused ? t`“${client.name}” asks to be signed in again. You approved it before, and the accounts you connected are still good.` : t`“${client.name}” asks to be signed in again. You approved it before.`}
      </p>
      <dl>
        ${fact(t`Application`, client.name)} ${fact(t`Described by`, client.documentHost)}
        ${fact(t`Sends you back to`, redirectTarget(redirectUri))}
      </dl>
      ${client.assured ? undefined : unassuredNote(redirectUri)}
      <form class="decide" method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <div class="actions stretch">
          <button class="main" name="decision" value="continue">${t`Continue`}</button>
          <button name="decision" value="cancel">${t`Cancel`}</button>
        </div>
        <p class="small soft">
          ${t`Not you?`}
          <button class="plain" name="decision" value="another">${t`Use another account`}</button>
        </p>
      </form>`,
  });
}
