import type { Branding } from '@gatehouse/config/model/branding';
import type { Accent, Accents } from '@gatehouse/config/model/colors';
import type { Logo } from '@gatehouse/config/model/logos';
import { sha256 } from '@gatehouse/kernel/digest';
import { html, type Html } from './html.js';
import type { Site } from './site.js';

/** Below it are the images and the colors of the configuration. */
export const BRANDING_PATH = '/pages/branding';

export interface BrandFile {
  readonly mediaType: string;
  readonly body: Buffer;
}

const variablesOf = ({ color, ink, strong }: Accent): string =>
  `:root{--accent:${color};--accent-ink:${ink};--accent-strong:${strong}}`;

const styleOf = ({ light, dark }: Accents): string =>
  `${variablesOf(light)}@media (prefers-color-scheme:dark){${variablesOf(dark)}}`;

const styleFile = (style: string): string => `${sha256(style).slice(0, 16)}.css`;

/** After the stylesheet of all pages. */
export function brandStyle({ basePath, branding: { accents } }: Site): Html | undefined {
  if (accents === undefined) return undefined;
  const href = `${basePath}${BRANDING_PATH}/${styleFile(styleOf(accents))}`;
  return html`<link rel="stylesheet" href="${href}" />`;
}

export const logoPath = ({ basePath }: Site, { file }: Logo): string => `${basePath}${BRANDING_PATH}/${file}`;

/** Its name stands beside it, so that nothing is read out twice. */
export const logoImage = (site: Site, logo: Logo | undefined): Html | undefined =>
  logo === undefined
    ? undefined
    : html`<img class="logo" src="${logoPath(site, logo)}" alt="" width="24" height="24" />`;

/** @returns `undefined` for a name that nothing of the configuration has. */
export function brandFile(branding: Branding, name: string): BrandFile | undefined {
  const style = branding.accents && styleOf(branding.accents);
  if (style !== undefined && styleFile(style) === name)
    return { mediaType: 'text/css; charset=utf-8', body: Buffer.from(style) };
  const shown = [branding, ...branding.providers.values(), ...branding.backends.values()];
  const logo = shown.map((one) => one.logo).find((one) => one?.file === name);
  return logo && { mediaType: logo.mediaType, body: Buffer.from(logo.base64, 'base64') };
}
