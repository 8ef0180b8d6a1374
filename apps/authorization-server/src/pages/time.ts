import { DAY_MS, HOUR_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { html, Html, t } from './html.js';
import type { Language } from './languages.js';

const WORDS: Readonly<Record<Language, Intl.RelativeTimeFormat>> = {
  en: new Intl.RelativeTimeFormat('en', { numeric: 'always' }),
  de: new Intl.RelativeTimeFormat('de', { numeric: 'always' }),
};
/** From then on nobody counts days. */
const MAX_AGO_MS = 30 * DAY_MS;

/** How long ago: it is right in every time zone, and a page without a script knows of none. */
export function time(atMs: number, nowMs: number): Html {
  const iso = new Date(atMs).toISOString();
  const exact = `${iso.slice(0, 16).replace('T', ' ')} UTC`;
  return html`<time datetime="${iso}" title="${exact}">${saidOf(atMs, nowMs, iso)}</time>`;
}

const ago = (count: number, unit: 'minute' | 'hour' | 'day'): Html =>
  new Html((language) => WORDS[language].format(-Math.floor(count), unit));

function saidOf(atMs: number, nowMs: number, iso: string): Html {
  const agoMs = nowMs - atMs;
  if (agoMs < MINUTE_MS) return t`just now`;
  if (agoMs < HOUR_MS) return ago(agoMs / MINUTE_MS, 'minute');
  if (agoMs < DAY_MS) return ago(agoMs / HOUR_MS, 'hour');
  if (agoMs < MAX_AGO_MS) return ago(agoMs / DAY_MS, 'day');
  return t`on ${iso.slice(0, 10)}`;
}
