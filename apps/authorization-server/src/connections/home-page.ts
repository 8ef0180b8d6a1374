import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import type { Site } from '../pages/site.js';

export interface HomeView {
  /** The MCP endpoint: what people type into their application. */
  readonly endpoint: string;
  readonly site: Site;
}

/** For whoever opens the gateway's own address. It says nothing of who is signed in, nor what is behind the gateway. */
export const homePage = ({ endpoint, site }: HomeView): Html =>
  layout({
    title: t`What this gateway is`,
    site,
    page: 'home',
    body: html`<h1>${t`This gateway connects your applications to your services`}</h1>
      <p>
        ${t`An application that works with MCP, such as an assistant or an editor, connects to this gateway once. You
        sign in here, and the application then uses the services behind it as you. It never sees your passwords.`}
      </p>
      <dl>
        <div>
          <dt>${t`For your application`}</dt>
          <dd><code class="address">${endpoint}</code></dd>
        </div>
      </dl>
      <p>
        ${t`At your connections you see which accounts you connected and which applications work on your behalf, and
        you can end either.`}
      </p>
      <p class="actions">
        <a class="button main" href="${site.basePath}/connections">${t`Your connections`}</a>
      </p>`,
  });
