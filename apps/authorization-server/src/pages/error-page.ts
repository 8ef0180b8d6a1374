import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import type { FailureOwner } from '@gatehouse/kernel/error-codes';
import { html, t, type Html } from './html.js';
import { layout } from './layout.js';
import type { Site } from './site.js';

export interface ErrorText {
  readonly title: Html;
  readonly what: Html;
  readonly advice: Html;
  /** Below the advice. */
  readonly more?: Html;
}

const START_AGAIN = t`Go back to the application and start signing in again. You can close this page.`;
const TRY_SHORTLY = t`Wait a moment, then go back and try again.`;

const TEXTS: Partial<Readonly<Record<ErrorCode, ErrorText>>> = {
  callback_unknown: {
    title: t`This step is already over`,
    what: t`A provider sent you to a step that is unknown here, or that is over. Nothing was changed.`,
    advice: START_AGAIN,
  },
  callback_expired: {
    title: t`This step took too long`,
    what: t`You came back from the provider more than ten minutes after you left for it. Nothing was changed.`,
    advice: START_AGAIN,
  },
  callback_wrong_browser: {
    title: t`This sign-in began in another browser`,
    what: t`You began to sign in in another browser or window, or this browser does not keep cookies. To protect you, the sign-in goes on only where it began. Nothing was changed.`,
    advice: t`Go back to the window where you began, or start again from the application.`,
  },
  callback_wrong_provider: {
    title: t`The response is from another provider`,
    what: t`You were sent to one provider, and the response is from another one. To protect you, it was not used and not passed on. Nothing was changed.`,
    advice: t`Start again from the application. If it happens again, tell the people who run this gateway.`,
  },
  callback_unsafe: {
    title: t`This sign-in is not set up safely`,
    what: t`The gateway could not tell the responses of this provider from those of another one, so it did not send you there. Nothing was changed.`,
    advice: t`Tell the people who run this gateway. Its documentation says under this code what they can do.`,
  },
  attempt_unknown: {
    title: t`This step has ended`,
    what: t`It was finished or cancelled, or it was left for too long. Nothing was changed.`,
    advice: t`If you still have to sign in or to connect something, start again from the application.`,
  },
  attempt_wrong_browser: {
    title: t`This sign-in cannot go on here`,
    what: t`It began in another browser or too long ago, or this browser does not keep cookies. To protect you, it goes on only in the browser where it began. Nothing was changed.`,
    advice: t`If you began it yourself, go back to that browser. To sign in with this one, go back to the application and start again. You are then asked here first.`,
  },
  request_invalid: {
    title: t`This request is not valid`,
    what: t`Something in the address or in the form is missing or not valid. Nothing was changed.`,
    advice: START_AGAIN,
  },
  not_allowed: {
    title: t`This page is not current any more`,
    what: t`It was open for too long, or you have signed in or out in another window since, or the form is of another page. Nothing was changed.`,
    advice: t`Have the page shown again, and answer it there.`,
  },
  unavailable: {
    title: t`A part of the gateway is unavailable`,
    what: t`A sign-in that has begun is kept.`,
    advice: TRY_SHORTLY,
  },
  busy: { title: t`Too many requests`, what: t`A sign-in that has begun is kept.`, advice: TRY_SHORTLY },
  deadline_exceeded: {
    title: t`That took too long`,
    what: t`A sign-in that has begun is kept.`,
    advice: TRY_SHORTLY,
  },
};

const FALLBACK: ErrorText = {
  title: t`Something went wrong here`,
  what: t`The gateway could not do this. It is not your fault, and the gateway has logged it.`,
  advice: TRY_SHORTLY,
};

const STATUS: Readonly<Record<FailureOwner, number>> = {
  client: 400,
  user: 400,
  config: 500,
  upstream: 502,
  capacity: 503,
  us: 500,
};

export const errorStatus = (code: ErrorCode, owner: FailureOwner): number =>
  code === 'not_allowed' ? 403 : STATUS[owner];

/** A page of ours where the person can go on. */
export interface WayOn {
  readonly href: string;
  readonly label: Html;
  /** In place of the advice that holds where there is no way on. */
  readonly advice?: Html;
}

/** @param reference finds the failure in the log */
export function errorPage(code: ErrorCode, site: Site, wayOn?: WayOn, reference?: string): Html {
  const text = TEXTS[code] ?? FALLBACK;
  return renderError(text, code, site, { wayOn, reference });
}

interface Particulars {
  readonly wayOn?: WayOn | undefined;
  readonly reference?: string | undefined;
}

export function renderError(
  { title, what, advice, more }: ErrorText,
  code: string,
  site: Site,
  { wayOn, reference }: Particulars = {},
): Html {
  return layout({
    title,
    site,
    page: 'error',
    body: html`<h1>${title}</h1>
      <p>${what}</p>
      <p>${wayOn?.advice ?? advice}</p>
      ${wayOn === undefined ? undefined : html`<p class="actions"><a class="button main" href="${wayOn.href}">${wayOn.label}</a></p>`}
      ${more}
      <p class="soft small">${t`Code`}: <code>${code}</code></p>
      ${reference === undefined ? undefined : html`<p class="soft small">${t`Reference`}: <code>${reference}</code></p>`}`,
  });
}
