import { fact } from '../pages/fact.js';
import type { FormFacts } from '../pages/form-facts.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import type { RequestingClient } from '../oauth-endpoints/authorization-requests.flow.js';
import { destinationFact, destinationNote, type Destination } from './destination.js';

export interface ContinueView extends FormFacts {
  readonly client: RequestingClient;
  readonly destination: Destination;
  readonly accountName: Html | string;
  /** The account's connections are used again. */
  readonly reused: boolean;
}

/** The account has approved this client before, so there is one question instead of the whole approval. */
export function continuePage(view: ContinueView): Html {
  const { client, destination, accountName, csrf, action, site } = view;
  return layout({
    title: t`Continue as ${accountName}?`,
    site,
    page: 'continue',
    body: html`<h1>${t`Continue as ${accountName}?`}</h1>
      <p>${asking(view)}</p>
      <dl>
        ${fact(t`Application`, client.name)} ${fact(t`Described by`, client.documentHost)}
        ${destinationFact(destination)}
      </dl>
      ${destinationNote(destination, client.assured)}
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

function asking({ client, destination, reused }: ContinueView): Html {
  if ('userCode' in destination)
    return t`“${client.name}” asks to be signed in on a device. You approved it before.`;
  return reused
    ? t`“${client.name}” asks to be signed in again. You approved it before, and the accounts you connected are still good.`
    : t`“${client.name}” asks to be signed in again. You approved it before.`;
}
