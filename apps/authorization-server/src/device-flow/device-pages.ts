import type { CodeState } from '../oauth-endpoints/device-codes.store.js';
import type { FormFacts } from '../pages/form-facts.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import type { Site } from '../pages/site.js';

export interface EnterView extends FormFacts {
  /** The code was entered, and nobody can go on with it. */
  readonly isUnknown: boolean;
}

/** Where a person enters the code that a device shows. It says the same of every code that is none of theirs. */
export const enterCodePage = ({ csrf, action, site, isUnknown }: EnterView): Html =>
  layout({
    title: t`Sign in on a device`,
    site,
    page: 'device',
    body: html`<h1>${t`Sign in on a device`}</h1>
      <p>${t`A device or a program asked you to open this page. Enter the code that it shows you.`}</p>
      ${
        isUnknown
          ? html`<div class="note bad" role="alert" id="problem">
              <p>
                ${t`This code cannot be used. Compare it with the device. If it is right, it has run out or was used already: have the device show you another one.`}
              </p>
            </div>`
          : undefined
      }
      <form method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <p><label for="user_code">${t`Code`}</label></p>
        <p>
          <input
            type="text"
            id="user_code"
            class="device-code"
            name="user_code"
            required
            maxlength="32"
            size="12"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck="false"
            ${isUnknown ? html` aria-invalid="true" aria-describedby="problem"` : undefined}
          />
        </p>
        <div class="actions stretch"><button class="main">${t`Continue`}</button></div>
      </form>`,
  });

/** RFC 8628, section 5.4: whoever was sent the address with its code compares it with a device that they have before them. */
export const confirmCodePage = ({ csrf, action, site, code }: FormFacts & { readonly code: string }): Html =>
  layout({
    title: t`Is this the code on your device?`,
    site,
    page: 'device-confirm',
    body: html`<h1>${t`Is this the code on your device?`}</h1>
      <p class="device-code">
        <strong><code>${code}</code></strong>
      </p>
      <div class="note">
        <p>
          ${t`Continue only if a device that you are using shows this code at this moment. If somebody sent you this link, close the page: the device may be theirs, and it would be signed in as you.`}
        </p>
      </div>
      <form method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <input type="hidden" name="user_code" value="${code}" />
        <div class="actions stretch">
          <button class="main">${t`Yes, continue`}</button>
          <a class="button" href="${action}">${t`Enter another code`}</a>
        </div>
      </form>`,
  });

const ENDS: Readonly<Record<Exclude<CodeState, 'pending'>, { readonly title: Html; readonly what: Html }>> = {
  approved: {
    title: t`The device is signed in`,
    what: t`Go back to it: it goes on by itself within a few seconds. You can close this page.`,
  },
  refused: {
    title: t`The device is not signed in`,
    what: t`It is told so. You can close this page. To sign in after all, have the device show you another code.`,
  },
  over: {
    title: t`This code has run out`,
    what: t`The device was not signed in. Have it show you another code, and enter that one.`,
  },
};

export function deviceEndPage(state: Exclude<CodeState, 'pending'>, site: Site): Html {
  const { title, what } = ENDS[state];
  return layout({
    title,
    site,
    page: `device-${state}`,
    body: html`<h1>${title}</h1>
      <p>${what}</p>
      ${state === 'approved' ? html`<p class="actions"><a class="button" href="${site.basePath}/connections">${t`Your connections`}</a></p>` : undefined}`,
  });
}
