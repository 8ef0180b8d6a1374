import { fact } from '../pages/fact.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { otherItems, providerItem, scopedItem, type ConsentView } from './consent-page.js';
import type { ContinueView } from './continue-page.js';

/** The code is at the device, and not at an address of the client. */
type ForDevice<View> = Omit<View, 'redirectUri'> & { readonly userCode: string };

/** RFC 8628, section 5.4: a code that somebody sends is theirs. */
const NOTE = html`<div class="note">
  <p>
    ${t`A device or a program without a browser will be signed in as you. Go on only if you are using it now, and it shows ${html`<strong>${t`this code`}</strong>`}. If somebody else told or sent you the code, cancel.`}
  </p>
</div>`;

const codeFact = (userCode: string): Html | undefined =>
  fact(t`Code on the device`, html`<strong><code>${userCode}</code></strong>`);

/** The person approves the client of a device before the browser is sent to any provider. */
export function deviceConsentPage(view: ForDevice<ConsentView>): Html {
  const { client, userCode, part, providers, others, scopedUses, signedInAs, shown } = view;
  const { csrf, action, site } = view;
  return layout({
    title: t`Allow ${client.name}?`,
    site,
    page: 'consent',
    body: html`<h1>${t`Allow “${client.name}” to work on your behalf?`}</h1>
      <p class="soft">
        ${t`It will use the services behind this gateway as you. It never sees your passwords or the providers' tokens.`}
      </p>
      <dl>
        ${fact(t`Application`, client.name)} ${fact(t`Described by`, client.documentHost)}
        ${codeFact(userCode)}
        ${fact(t`Only for`, part === undefined ? undefined : html`<code class="address">${part}</code>`)}
        ${fact(t`Signed in as`, signedInAs)}
      </dl>
      ${NOTE}
      <h2>${t`It will be able to use`}</h2>
      <ul class="items">
        ${providers.map((provider) => providerItem(provider, part !== undefined, site))}
        ${otherItems(others, site)}
      </ul>
      ${
        scopedUses.length === 0
          ? undefined
          : html`<h2>${t`It also asks for permission to`}</h2>
              <ul class="items">
                ${scopedUses.map((use) => scopedItem(use, site))}
              </ul>`
      }
      <form class="decide" method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <input type="hidden" name="shown" value="${shown}" />
        <div class="actions stretch">
          <button class="main" name="decision" value="approve">${t`Approve`}</button>
          <button name="decision" value="cancel">${t`Cancel`}</button>
        </div>
        ${signedInAs === undefined ? undefined : html`<p class="small soft">${t`Not you?`} <button class="plain" name="decision" value="another">${t`Use another account`}</button></p>`}
      </form>`,
  });
}

/** The account has approved this client for devices before. It sees which device that is now. */
export function deviceContinuePage(view: Omit<ForDevice<ContinueView>, 'reused'>): Html {
  const { client, userCode, accountName, csrf, action, site } = view;
  return layout({
    title: t`Continue as ${accountName}?`,
    site,
    page: 'continue',
    body: html`<h1>${t`Continue as ${accountName}?`}</h1>
      <p>${t`“${client.name}” asks to be signed in on a device. You approved it before.`}</p>
      <dl>
        ${fact(t`Application`, client.name)} ${fact(t`Described by`, client.documentHost)}
        ${codeFact(userCode)}
      </dl>
      ${NOTE}
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
