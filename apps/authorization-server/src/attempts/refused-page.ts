import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import type { Refused } from './attempt.js';
import { providerLabel, type Site } from '../pages/site.js';

export interface RefusedView extends Refused {
  readonly provider: string;
  /** Whom the person can ask, as the configuration has it. */
  readonly contact: string | undefined;
  readonly site: Site;
  /** How they can go on: a form, or a link. */
  readonly actions: Html;
}

/** For somebody whom the primary provider knows, and whom the policies of `access` do not let in. Nothing of them was kept. */
export function refusedPage(view: RefusedView): Html {
  const { provider, name, reason, reference, site, actions } = view;
  const contact = view.contact ?? site.branding.supportUrl?.replace(/^mailto:/, '');
  const label = providerLabel(site, provider);
  const title = t`You may not sign in here`;
  return layout({
    title,
    site,
    page: 'refused',
    body: html`<h1>${title}</h1>
      <div class="note bad" role="alert">
        <p>
          ${name === undefined ? t`You are signed in at ${label}, and this gateway does not let that account in.` : t`You are signed in at ${label} as ${html`<strong>${name}</strong>`}, and this gateway does not let that account in.`}
        </p>
        ${reason === undefined ? undefined : html`<p>${reason}</p>`}
      </div>
      <p>
        ${t`If you should have access, ask ${contact === undefined ? t`the people who run this gateway` : contactOf(contact)}, and tell them the reference below. Nothing of your account was kept.`}
      </p>
      ${actions}
      <p class="soft small">${t`Reference`}: <code>${reference}</code></p>`,
  });
}

/** A link where it is plainly one, and a text in all other cases. */
function contactOf(contact: string): Html {
  if (/^https:\/\/\S+$/.test(contact)) return html`<a href="${contact}" rel="noreferrer">${contact}</a>`;
  if (/^[^\s@/:?]+@[^\s@/:?]+$/.test(contact)) return html`<a href="mailto:${contact}">${contact}</a>`;
  return html`${contact}`;
}
