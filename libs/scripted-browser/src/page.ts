import { parse } from 'node-html-parser';
import { readForms, type Form } from './form.js';

interface Link {
  readonly text: string;
  /** Absolute. */
  readonly url: string;
}

/** What the browser shows after the last redirect. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
  readonly title: string;
  /** What a person reads: the text of the body with white space squeezed. */
  readonly text: string;
  readonly forms: readonly Form[];
  readonly links: readonly Link[];
}

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Parses an answer into a page. Anything but HTML has no title, forms or links; its text is the body itself. */
export function readPage(answer: Answer): Page {
  const { url, status, headers, body } = answer;
  if (!(headers['content-type'] ?? '').includes('html'))
    return { url, status, headers, html: body, title: '', text: body, forms: [], links: [] };
  const root = parse(body, { comment: false });
  const base = root.querySelector('base')?.getAttribute('href');
  const baseUrl = base === undefined ? url : new URL(base, url).href;
  const shown = parse(body, { comment: false });
  for (const hidden of shown.querySelectorAll('head, script, style, template')) hidden.remove();
  return {
    url,
    status,
    headers,
    html: body,
    title: squeeze(root.querySelector('title')?.text ?? ''),
    text: squeeze(shown.structuredText),
    forms: readForms(root, baseUrl),
    links: root.querySelectorAll('a[href]').flatMap((anchor) => {
      const target = URL.parse(anchor.getAttribute('href') ?? '', baseUrl);
      return target === null ? [] : [{ text: squeeze(anchor.text), url: target.href }];
    }),
  };
}
