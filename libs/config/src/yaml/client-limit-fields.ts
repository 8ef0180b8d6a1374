import { DURATION_BOUNDS } from '../model/bounds.js';
import { block, list, text } from './fields.js';

/** What a client gets at most. */
export const clientLimits = block(
  'What the client gets at most, whatever it asks for and its people approve. It holds for every grant, and for what was granted before as well: a refresh gives what is written here now. Each field that is left out restricts nothing.',
  {
    resources: list(
      text('url', 'An MCP endpoint of this gateway, as tokens name it: `publicUrl` and the path.'),
      'What its tokens may be for. Another `resource` is `invalid_target`. A client that names none, where it need not, gets a token for `publicUrl` and `path`, or for the one that is written here.',
    ).exactOptional(),
    scopes: list(
      text('scope', 'A scope of `scopesSupported`.'),
      'What its tokens may hold. Others that it asks for are left out, and the response says so; of a signed request they are `invalid_scope`.',
    ).exactOptional(),
    accessTokenLifespan: text(
      'duration',
      `Of its access tokens and id_tokens; ${DURATION_BOUNDS.accessToken.text}, and no longer than that of \`tokenLifespans\`.`,
    ).exactOptional(),
    refreshTokenLifespan: text(
      'duration',
      `Of its refresh tokens, anew with each rotation; ${DURATION_BOUNDS.refreshToken.text}, and no longer than that of \`tokenLifespans\`. Older ones are refused.`,
    ).exactOptional(),
  },
);
