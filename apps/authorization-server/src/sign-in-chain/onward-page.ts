import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { providerLabel, type Site } from '../pages/site.js';

interface OnwardFacts {
  readonly provider: string;
  readonly done: number;
  /** Where the browser goes on, by itself or by the link. */
  readonly address: string;
  readonly site: Site;
}

/** A page between legs that show none. The browser leaves it by itself. */
export function onwardPage({ provider, done, address, site }: OnwardFacts): Html {
  const label = providerLabel(site, provider);
  return layout({
    title: t`On to ${label}`,
    site,
    page: 'onward',
    body: html`<h1>${t`On to ${label}`}</h1>
      <p>${t`Accounts connected so far: ${String(done)}. ${label} is next.`}</p>
      <p class="actions"><a class="button main" href="${address}">${t`Go on`}</a></p>`,
  });
}
