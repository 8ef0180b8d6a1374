import { chooseButton, type Form } from './form.js';
import type { Page } from './page.js';
import type { Landing, ScriptedBrowser } from './scripted-browser.js';

/** The person at the browser, and their answer when Gatehouse asks whether a client may act for them. */
export interface Person {
  readonly login: string;
  readonly password: string;
  readonly decision?: 'approve' | 'cancel';
  /** What happens while they look at a page. */
  readonly meanwhile?: (page: Page) => Promise<void>;
}

/** `redirected`: the client's redirect URI was reached. `ended`: a page that a person could not get past either. */
export type SignInOutcome =
  | { readonly kind: 'redirected'; readonly url: string }
  | { readonly kind: 'ended'; readonly page: Page; readonly reason: string };

/** Words on the button by which an identity provider's own consent page is accepted. */
const AGREEMENT = /^(continue|allow|accept|agree|approve|authorize|yes|grant)\b/i;
const MAX_STEPS = 25;

/**
 * Opens an authorization URL and answers every page as the person would (Gatehouse's consent page, login pages, the
 * providers' consent pages) until the browser is sent where its `stopAt` says, or nothing more can be answered.
 */
export async function signIn(
  browser: ScriptedBrowser,
  authorizationUrl: string | URL,
  person: Person,
): Promise<SignInOutcome> {
  let landing = await browser.open(authorizationUrl);
  const logins = new Set<string>();
  for (let step = 0; step < MAX_STEPS; step += 1) {
    if (landing.kind === 'stopped') return { kind: 'redirected', url: landing.url };
    const { page } = landing;
    const answer = answerTo(page, person);
    if (answer === undefined) return { kind: 'ended', page, reason: 'nothing on this page to answer' };
    if (answer.kind === 'login') {
      // The same login form again means that the password was not accepted.
      if (logins.has(answer.form.action)) return { kind: 'ended', page, reason: 'the login was refused' };
      logins.add(answer.form.action);
    }
    await person.meanwhile?.(page);
    landing = await send(browser, answer, person);
  }
  return { kind: 'ended', page: browser.page, reason: `no end after ${MAX_STEPS} pages` };
}

type Answered =
  | { readonly kind: 'login'; readonly form: Form }
  | { readonly kind: 'decision'; readonly form: Form; readonly value: 'approve' | 'cancel' }
  | { readonly kind: 'agreement'; readonly form: Form; readonly label: string };

/** What a person does with a page; `undefined`: nothing, the page is an end. */
function answerTo(page: Page, person: Person): Answered | undefined {
  const value = person.decision ?? 'approve';
  for (const form of page.forms) {
    // What people enter for a backend is no password of theirs.
    if (form.fields.some(({ kind, name }) => kind === 'password' && name !== 'secret'))
      return { kind: 'login', form };
    if (chooseButton(form, { name: 'decision', value }) !== undefined)
      return { kind: 'decision', form, value };
  }
  if (page.status >= 400) return undefined;
  for (const form of page.forms) {
    const agreement = form.buttons.find(({ label }) => AGREEMENT.test(label));
    if (agreement !== undefined) return { kind: 'agreement', form, label: agreement.label };
  }
  return undefined;
}

function send(browser: ScriptedBrowser, answer: Answered, person: Person): Promise<Landing> {
  const { form } = answer;
  switch (answer.kind) {
    case 'login': {
      const password = form.fields.find(({ kind }) => kind === 'password');
      const login = form.fields.find(({ name, kind }) => name === 'login' || kind === 'text');
      const fields = {
        ...(login === undefined ? {} : { [login.name]: person.login }),
        ...(password === undefined ? {} : { [password.name]: person.password }),
      };
      return browser.submit({ form, fields });
    }
    case 'decision':
      return browser.submit({ form, button: { name: 'decision', value: answer.value } });
    case 'agreement':
      return browser.submit({ form, button: answer.label });
  }
}
