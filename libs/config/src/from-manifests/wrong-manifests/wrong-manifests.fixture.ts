import { AUTH_SERVER_ROWS } from './auth-server-rows.fixture.js';
import { AUTH_SERVER_MORE_ROWS } from './auth-server-more-rows.fixture.js';
import { REGISTRATION_ROWS } from './registration-rows.fixture.js';
import { INCOMING_ROWS } from './incoming-rows.fixture.js';
import { INCOMING_MORE_ROWS } from './incoming-more-rows.fixture.js';
import { OUTGOING_ROWS } from './outgoing-rows.fixture.js';
import { OUTGOING_MORE_ROWS } from './outgoing-more-rows.fixture.js';
import { WORKLOADS_ROWS } from './workloads-rows.fixture.js';
import { SETTINGS_ROWS } from './settings-rows.fixture.js';
import { SETTINGS_MORE_ROWS } from './settings-more-rows.fixture.js';
import { REFERENCES_ROWS } from './references-rows.fixture.js';
import { REFERENCES_MORE_ROWS } from './references-more-rows.fixture.js';
import { INTROSPECTION_ROWS } from './introspection-rows.fixture.js';
import { BEARER_TOKEN_ROWS } from './bearer-token-rows.fixture.js';
import { TRACES_AND_LIMITS_ROWS } from './traces-and-limits-rows.fixture.js';
import { TYPES_ROWS } from './types-rows.fixture.js';
import type { ManifestRow } from './manifest-row.fixture.js';

/** Every wrong set of manifests that is known, as changes of a right one. */
export const WRONG_MANIFESTS: readonly ManifestRow[] = [
  ...INTROSPECTION_ROWS,
  ...AUTH_SERVER_ROWS,
  ...AUTH_SERVER_MORE_ROWS,
  ...REGISTRATION_ROWS,
  ...INCOMING_ROWS,
  ...INCOMING_MORE_ROWS,
  ...OUTGOING_ROWS,
  ...OUTGOING_MORE_ROWS,
  ...WORKLOADS_ROWS,
  ...SETTINGS_ROWS,
  ...SETTINGS_MORE_ROWS,
  ...REFERENCES_ROWS,
  ...REFERENCES_MORE_ROWS,
  ...BEARER_TOKEN_ROWS,
  ...TRACES_AND_LIMITS_ROWS,
  ...TYPES_ROWS,
];
