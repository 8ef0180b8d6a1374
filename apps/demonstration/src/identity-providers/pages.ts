import { Html, html } from './html.js';

/** How one provider's pages look and speak. */
export interface Look {
  readonly provider: string;
  readonly brand: string;
  readonly tagline: string;
  readonly styles: string;
  readonly loginHeading: string;
  readonly consentHeading: (client: string) => string;
  /** What a scope means, in words for the person who is asked. */
  readonly scopeWords: Readonly<Partial<Record<string, string>>>;
}

export interface LoginPage {
  readonly action: string;
  readonly login: string;
  readonly problem?: string;
}

export interface ConsentPage {
  readonly action: string;
  readonly client: string;
  readonly account: string;
  readonly scopes: readonly string[];
}

/** The page where the person enters a login name and password. */
export function loginPage(look: Look, page: LoginPage): string {
  const problem =
    page.problem === undefined ? html`` : html`<p class="problem" role="alert">${page.problem}</p>`;
  return frame(
    look,
    'login',
    look.loginHeading,
    html`${problem}
      <form method="post" action="${page.action}">
        <label for="login">Login name</label>
        <input
          id="login"
          name="login"
          type="text"
          value="${page.login}"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          autofocus
        />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <div class="buttons">
          <button type="submit" name="decision" value="sign-in">Sign in</button>
          <button type="submit" name="decision" value="deny" class="quiet" formnovalidate>Cancel</button>
        </div>
      </form>
      <p class="hint">
        A demonstration: every name works, <kbd>alice</kbd> for example; the password is <kbd>demo</kbd>.
      </p>`,
  );
}

/** The page that asks whether a client may act for the person. */
export function consentPage(look: Look, page: ConsentPage): string {
  const heading = look.consentHeading(page.client);
  const scopes = page.scopes.map(
    (scope) => html`<li><span>${look.scopeWords[scope] ?? scope}</span> <code>${scope}</code></li>`,
  );
  return frame(
    look,
    'consent',
    heading,
    html`<p>You are signed in as <strong>${page.account}</strong>. ${page.client} will be able to:</p>
      <ul>
        ${scopes}
      </ul>
      <form method="post" action="${page.action}">
        <div class="buttons">
          <button type="submit" name="decision" value="allow">Allow</button>
          <button type="submit" name="decision" value="deny" class="quiet">Deny</button>
        </div>
      </form>`,
  );
}

/** The page for what cannot go on. */
export function problemPage(look: Look, problem: string): string {
  return frame(look, 'error', 'This cannot go on', html`<p role="alert">${problem}</p>`);
}

function frame(look: Look, page: 'login' | 'consent' | 'error', heading: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${heading} - ${look.brand}</title>
        <style>
          ${new Html(look.styles)}
        </style>
      </head>
      <body>
        <main data-provider="${look.provider}" data-page="${page}">
          <header>
            <span class="brand">${look.brand}</span>
            <span class="tagline">${look.tagline}</span>
          </header>
          <section>
            <h1>${heading}</h1>
            ${body}
          </section>
        </main>
      </body>
    </html>`.text;
}
