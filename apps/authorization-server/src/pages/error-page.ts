import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import type { FailureOwner } from '@gatehouse/kernel/error-codes';
import { html, type Html } from './html.js';
import { layout } from './layout.js';

export interface ErrorText {
  readonly title: string;
  readonly what: string;
  readonly advice: string;
}

const START_AGAIN = 'Go back to the application and start signing in again. You can close this page.';
const TRY_SHORTLY = 'Wait a moment, then go back and try again.';

const TEXTS: Partial<Readonly<Record<ErrorCode, ErrorText>>> = {
  callback_unknown: {
    title: 'This step cannot be used (again)',
    what: 'The answer of the provider belongs to a step that is unknown here, or that was answered before. Nothing was changed.',
    advice: START_AGAIN,
  },
  callback_expired: {
    title: 'This step took too long',
    what: 'More than ten minutes went by between leaving for the provider and coming back. Nothing was changed.',
    advice: START_AGAIN,
  },
  callback_wrong_browser: {
    title: 'This is not the browser that began',
    what: 'The sign-in was begun in another browser or window, or this browser does not keep cookies. To protect you it goes on only where it began. Nothing was changed.',
    advice: 'Go back to the window where you began, or start again from the application.',
  },
  callback_wrong_provider: {
    title: 'This answer came from somebody else',
    what: 'A provider was asked, and what came back is not from that provider. To protect you it was not used and not passed on. Nothing was changed.',
    advice: 'Start again from the application. If it happens again, tell the people who run this gateway.',
  },
  callback_unsafe: {
    title: 'This sign-in is not set up safely',
    what: 'The answers of this provider could not be told from those of another one, so you were not sent there. Nothing was changed.',
    advice:
      'Tell the people who run this gateway; they find what to do under this code in its documentation.',
  },
  attempt_unknown: {
    title: 'This sign-in has ended',
    what: 'It is unknown in this browser, was finished or cancelled, or took longer than half an hour.',
    advice: START_AGAIN,
  },
  attempt_wrong_browser: {
    title: 'This sign-in cannot go on here',
    what: 'It was begun in another browser, or more than half an hour ago, or this browser does not keep cookies. To protect you it goes on only in the browser in which it was begun. Nothing was changed.',
    advice:
      'If you began it yourself, go back to that browser. To sign in with this one, go back to the application and start again: you are then asked here first.',
  },
  request_invalid: {
    title: 'That cannot be read',
    what: 'Something in the address, or in what was sent, is not as it has to be. Nothing was changed.',
    advice: START_AGAIN,
  },
  not_allowed: {
    title: 'That form is not valid here',
    what: 'The answer did not come from a page that this browser was given. Nothing was changed.',
    advice: 'Go back, reload the page and answer it again.',
  },
  unavailable: { title: 'A part of the gateway is away', what: 'Your sign-in is kept.', advice: TRY_SHORTLY },
  busy: { title: 'Too much is going on', what: 'Your sign-in is kept.', advice: TRY_SHORTLY },
  deadline_exceeded: { title: 'That took too long', what: 'Your sign-in is kept.', advice: TRY_SHORTLY },
};

const FALLBACK: ErrorText = {
  title: 'Something went wrong here',
  what: 'The gateway could not do this. It is not your fault, and it has been written down.',
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
  readonly label: string;
}

export function errorPage(code: ErrorCode, basePath: string, wayOn?: WayOn): Html {
  const text = TEXTS[code] ?? FALLBACK;
  return renderError(text, code, basePath, wayOn);
}

export function renderError(
  { title, what, advice }: ErrorText,
  code: string,
  basePath: string,
  wayOn?: WayOn,
): Html {
  return layout({
    title,
    basePath,
    page: 'error',
    body: html`<h1>${title}</h1>
      <p>${what}</p>
      <p>${advice}</p>
      ${wayOn === undefined ? undefined : html`<p class="actions"><a class="button main" href="${wayOn.href}">${wayOn.label}</a></p>`}
      <p class="soft small">Code: <code>${code}</code></p>`,
  });
}
