/**
 * Everything below docs/ that is made from code. `sources` looks at the code, `text` makes the page of it, and `drift` changes
 * what was found as a change of the code would; where there is something that no page can be made of, `refused` plants that
 * (tools/checks/reference-bites.mjs).
 */
import { administrationPage } from './administration-page.mjs';
import { cliPage } from './cli-page.mjs';
import { contractSchemas, contractsPage } from './contracts-page.mjs';
import { coveragePage } from './coverage-page.mjs';
import { errorsPage } from './errors-page.mjs';
import { eventsPage } from './events-page.mjs';
import { httpPage, openApi } from './http-page.mjs';
import { metricsPage } from './metrics-page.mjs';
import { providerPages } from './provider-pages.mjs';
import { schemaPage } from './schema-page.mjs';

/** @typedef {{path: string, sources: () => any, text: (sources: any) => string | Promise<string>, drift: (sources: any) => any, refused?: (sources: any) => any}} Page */

/** @type {readonly Page[]} */
export const PAGES = [
  administrationPage,
  cliPage,
  contractsPage,
  contractSchemas,
  coveragePage,
  errorsPage,
  eventsPage,
  httpPage,
  openApi,
  metricsPage,
  schemaPage,
  ...providerPages,
];
