import { ADMINISTRATION_ROWS } from './administration-rows.fixture.js';
import { AWS_ROWS } from './aws-rows.fixture.js';
import { ISSUED_TOKEN_ROWS } from './issued-token-rows.fixture.js';
import { PASSTHROUGH_ROWS } from './passthrough-rows.fixture.js';
import { ASSERTION_ROWS } from './assertion-rows.fixture.js';
import { AUTHORIZATION_ROWS } from './authorization-rows.fixture.js';
import { BRANDING_ROWS, BRANDING_SHAPE_ROWS } from './branding-rows.fixture.js';
import { CALLBACK_ROWS } from './callback-rows.fixture.js';
import { CLIENT_REGISTRATION_ROWS } from './client-registration-rows.fixture.js';
import { CLIENT_GRANT_ROWS } from './client-grant-rows.fixture.js';
import { CLIENT_LIMIT_ROWS } from './client-limit-rows.fixture.js';
import { CLIENT_PROOF_ROWS } from './client-proof-rows.fixture.js';
import { DESTINATION_ROWS } from './destination-rows.fixture.js';
import { GOOGLE_ROWS, GOOGLE_SHAPE_ROWS } from './google-rows.fixture.js';
import { HELD_KEY_ROWS } from './held-key-rows.fixture.js';
import { INSTALLATION_ROWS } from './installation-rows.fixture.js';
import { MCP_ROWS } from './mcp-rows.fixture.js';
import { MUTUAL_TLS_ROWS } from './mutual-tls-rows.fixture.js';
import { MISTAKE_ROWS } from './mistake-rows.fixture.js';
import { OUTGOING_ROWS } from './outgoing-rows.fixture.js';
import { PROVIDER_ROWS } from './provider-rows.fixture.js';
import { REGISTRATION_ROWS, REGISTRATION_SHAPE_ROWS } from './registration-rows.fixture.js';
import type { Row } from './row.fixture.js';
import { SERVICE_ACCOUNT_ROWS } from './service-account-rows.fixture.js';
import { SHAPE_ROWS } from './shape-rows.fixture.js';
import { SIGN_IN_ROWS } from './sign-in-rows.fixture.js';
import { STDIO_ROWS } from './stdio-rows.fixture.js';
import { TELEMETRY_ROWS } from './telemetry-rows.fixture.js';
import { TOOL_SCOPE_ROWS, TOOL_SCOPE_SHAPE_ROWS } from './tool-scope-rows.fixture.js';
import { URL_ROWS } from './url-rows.fixture.js';
import { USER_SECRET_ROWS } from './user-secret-rows.fixture.js';
import { VIEW_ROWS } from './view-rows.fixture.js';

/** What the rules across fields refuse. */
export const RULE_ROWS: readonly Row[] = [
  ...SERVICE_ACCOUNT_ROWS,
  ...ISSUED_TOKEN_ROWS,
  ...TOOL_SCOPE_ROWS,
  ...AWS_ROWS,
  ...GOOGLE_ROWS,
  ...PASSTHROUGH_ROWS,
  ...USER_SECRET_ROWS,
  ...BRANDING_ROWS,
  ...SIGN_IN_ROWS,
  ...CALLBACK_ROWS,
  ...URL_ROWS,
  ...OUTGOING_ROWS,
  ...DESTINATION_ROWS,
  ...MCP_ROWS,
  ...PROVIDER_ROWS,
  ...REGISTRATION_ROWS,
  ...INSTALLATION_ROWS,
  ...HELD_KEY_ROWS,
  ...CLIENT_REGISTRATION_ROWS,
  ...CLIENT_PROOF_ROWS,
  ...MUTUAL_TLS_ROWS,
  ...CLIENT_GRANT_ROWS,
  ...CLIENT_LIMIT_ROWS,
  ...ADMINISTRATION_ROWS,
  ...ASSERTION_ROWS,
  ...VIEW_ROWS,
  ...STDIO_ROWS,
  ...TELEMETRY_ROWS,
  ...AUTHORIZATION_ROWS,
  ...MISTAKE_ROWS,
];

/** Every wrong configuration that is known, as changes of a right one. */
export const WRONG_ROWS: readonly Row[] = [
  ...RULE_ROWS,
  ...SHAPE_ROWS,
  ...BRANDING_SHAPE_ROWS,
  ...TOOL_SCOPE_SHAPE_ROWS,
  ...REGISTRATION_SHAPE_ROWS,
  ...GOOGLE_SHAPE_ROWS,
];
