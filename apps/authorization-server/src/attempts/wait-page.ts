import type { FormFacts } from '../pages/form-facts.js';
import { html, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';

/** The provider has not answered the vault yet. Going on now would begin its step a second time. */
export const waitPage = (provider: string, { action, basePath }: Omit<FormFacts, 'csrf'>): Html =>
  layout({
    title: `Waiting for ${provider}`,
    basePath,
    page: 'wait',
    body: html`<h1>Waiting for ${provider}</h1>
      <p>
        You are back from ${provider}, and the gateway is still waiting for its response. Nothing is lost.
      </p>
      <p class="actions"><a class="button main" href="${action}">Look again</a></p>`,
  });
