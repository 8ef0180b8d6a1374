import type { Branding, ShownAs } from '@gatehouse/config/model/branding';

/** What every page has around it. */
export interface Site {
  /** Path of the issuer, before our own paths. */
  readonly basePath: string;
  readonly branding: Branding;
}

/** Where nothing is configured. */
export const PLAIN: Branding = { name: 'Gatehouse', providers: new Map(), backends: new Map() };

/** As pages name it; what the configuration does not have any more keeps its name. */
export const shownProvider = ({ branding }: Site, name: string): ShownAs =>
  branding.providers.get(name) ?? { label: name };

export const shownBackend = ({ branding }: Site, name: string): ShownAs =>
  branding.backends.get(name) ?? { label: name };

export const providerLabel = (site: Site, name: string): string => shownProvider(site, name).label;

export const backendLabels = (site: Site, names: readonly string[]): string =>
  names.map((name) => shownBackend(site, name).label).join(', ');
