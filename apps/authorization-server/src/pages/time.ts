import { DAY_MS, HOUR_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { html, type Html } from './html.js';

const WORDS = new Intl.RelativeTimeFormat('en', { numeric: 'always' });
/** From then on nobody counts days. */
const MAX_AGO_MS = 30 * DAY_MS;

/** How long ago: it is right in every time zone, and a page without a script knows of none. */
export function time(atMs: number, nowMs: number): Html {
  const iso = new Date(atMs).toISOString();
  const exact = `${iso.slice(0, 16).replace('T', ' ')} UTC`;
  return html`<time datetime="${iso}" title="${exact}">${saidOf(atMs, nowMs, iso)}</time>`;
}

function saidOf(atMs: number, nowMs: number, iso: string): string {
  const agoMs = nowMs - atMs;
  if (agoMs < MINUTE_MS) return 'just now';
  if (agoMs < HOUR_MS) return WORDS.format(-Math.floor(agoMs / MINUTE_MS), 'minute');
  if (agoMs < DAY_MS) return WORDS.format(-Math.floor(agoMs / HOUR_MS), 'hour');
  if (agoMs < MAX_AGO_MS) return WORDS.format(-Math.floor(agoMs / DAY_MS), 'day');
  return `on ${iso.slice(0, 10)}`;
}
