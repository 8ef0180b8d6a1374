import type { FormFacts } from '../pages/form-facts.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { providerLabel } from '../pages/site.js';

/** The provider has not answered the vault yet. Going on now would begin its step a second time. */
export function waitPage(provider: string, { action, site }: Omit<FormFacts, 'csrf'>): Html {
  const label = providerLabel(site, provider);
  return layout({
    title: t`Waiting for ${label}`,
    site,
    page: 'wait',
    body: html`<h1>${t`Waiting for ${label}`}</h1>
      <p>
        ${t`You are back from ${label}, and the gateway is still waiting for its response. Nothing is lost.`}
      </p>
      <p class="actions"><a class="button main" href="${action}">${t`Look again`}</a></p>`,
  });
}
