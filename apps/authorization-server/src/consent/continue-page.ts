import { fact } from '../pages/fact.js';
import type { FormFacts } from '../pages/form-facts.js';
import { html, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import type { RequestingClient } from '../oauth-endpoints/authorization-requests.flow.js';
import { redirectTarget, unassuredNote } from './redirect-target.js';

export interface ContinueView extends FormFacts {
  readonly client: RequestingClient;
  readonly redirectUri: string;
  readonly accountName: string;
  /** The account's connections are used again. */
  readonly reused: boolean;
}

/** The account has approved this client before, so there is one question instead of the whole approval. */
export function continuePage(view: ContinueView): Html {
  const { client, redirectUri, accountName, reused, csrf, action, site } = view;
  return layout({
    title: `Continue as ${accountName}?`,
    site,
    page: 'continue',
    body: html`<h1>Continue as ${accountName}?</h1>
      <p>
        “${client.name}” asks to be signed in
        again.${reused ? ' You approved it before, and the accounts you connected are still good.' : ' You approved it before.'}
      </p>
      <dl>
        ${fact('Application', client.name)} ${fact('Described by', client.documentHost)}
        ${fact('Sends you back to', redirectTarget(redirectUri))}
      </dl>
      ${client.assured ? undefined : unassuredNote(redirectUri)}
      <form class="decide" method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <div class="actions stretch">
          <button class="main" name="decision" value="continue">Continue</button>
          <button name="decision" value="cancel">Cancel</button>
        </div>
        <p class="small soft">
          Not you? <button class="plain" name="decision" value="another">Use another account</button>
        </p>
      </form>`,
  });
}
