import { html, known, type Html } from './html.js';
import type { Site } from './site.js';

/** In words where there are some, and always as the provider names them. */
export function scopeList({ branding }: Site, provider: string, scopes: readonly string[]): readonly Html[] {
  const words = new Map(Object.entries(branding.providers.get(provider)?.scopeWords ?? {}));
  return scopes.map((scope, index) => {
    const said = words.get(scope);
    const name = html`<code>${scope}</code>`;
    return html`${index === 0 ? '' : ', '}${said === undefined ? name : html`${known(said)} (${name})`}`;
  });
}
