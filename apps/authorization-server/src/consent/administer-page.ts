import { fact } from '../pages/fact.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { approvalForm } from './approval-form.js';
import type { ConsentView } from './consent-page.js';
import { destinationFact, destinationNote } from './destination.js';

type AdministerView = Pick<
  ConsentView,
  'client' | 'destination' | 'part' | 'signedInAs' | 'shown' | 'csrf' | 'action' | 'site'
>;

/** The approval of a client with which people administer: nothing behind the gateway is used by it. */
export function administerPage(view: AdministerView): Html {
  const { client, destination, part, signedInAs, site } = view;
  return layout({
    title: t`Allow ${client.name}?`,
    site,
    page: 'administer',
    body: html`<h1>${t`Allow “${client.name}” to administer this gateway as you?`}</h1>
      <p class="soft">
        ${t`It will be able to see and end the accounts, sessions and connections of everybody, and to change what applications may do. It never sees your passwords.`}
      </p>
      <dl>
        ${fact(t`Application`, client.name)} ${destinationFact(destination)}
        ${fact(t`Only for`, part === undefined ? undefined : html`<code class="address">${part}</code>`)}
        ${fact(t`Signed in as`, signedInAs)}
      </dl>
      ${destinationNote(destination, client.assured)} ${approvalForm(view)}`,
  });
}
