import { html, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';

export interface ContinueView {
  readonly clientName: string;
  readonly accountName: string;
  readonly csrf: string;
  readonly action: string;
  readonly basePath: string;
}

/** The account has approved this client before and is connected already: one question instead of a walk. */
export function continuePage({ clientName, accountName, csrf, action, basePath }: ContinueView): Html {
  return layout({
    title: `Continue as ${accountName}?`,
    basePath,
    page: 'continue',
    body: html`<h1>Continue as ${accountName}?</h1>
      <p>
        “${clientName}” asks to be signed in again. You approved it before, and the accounts you connected are
        still good.
      </p>
      <form method="post" action="${action}">
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
