import { html, type Html, type HtmlValue } from './html.js';

/** A row of a `dl`; none without a description. */
export const fact = (term: Html | string, description: HtmlValue): Html | undefined =>
  description === undefined || description === false || description === ''
    ? undefined
    : html`<div>
        <dt>${term}</dt>
        <dd>${description}</dd>
      </div>`;
