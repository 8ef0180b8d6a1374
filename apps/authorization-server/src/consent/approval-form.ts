import { html, t, type Html } from '../pages/html.js';
import type { ConsentView } from './consent-page.js';

type ApprovalView = Pick<ConsentView, 'action' | 'csrf' | 'shown' | 'signedInAs'>;

/** What a person answers when a client asks for their approval, whatever it is for. */
export const approvalForm = ({ action, csrf, shown, signedInAs }: ApprovalView): Html =>
  html`<form class="decide" method="post" action="${action}">
    <input type="hidden" name="csrf" value="${csrf}" />
    <input type="hidden" name="shown" value="${shown}" />
    <div class="actions stretch">
      <button class="main" name="decision" value="approve">${t`Approve`}</button>
      <button name="decision" value="cancel">${t`Cancel`}</button>
    </div>
    ${signedInAs === undefined ? undefined : html`<p class="small soft">${t`Not you?`} <button class="plain" name="decision" value="another">${t`Use another account`}</button></p>`}
  </form>`;
