import { DURATION_BOUNDS } from '../model/bounds.js';
import { PROFILE_NAMES } from '../model/profile-names.js';
import { PROVIDER_REQUIREMENTS } from '../model/upstream-provider.js';
import { displayOfProvider } from './branding-fields.js';
import { block, choice, egress, text } from './fields.js';
import { mcpConfig } from './mcp-fields.js';
import { PROFILE_MISTAKES, PROVIDER_MISTAKES, PROVIDER_TYPE_MISTAKES } from './mistakes.js';
import { oauth2Config } from './oauth2-fields.js';
import { oidcConfig } from './oidc-fields.js';

export { scopes } from './provider-client-fields.js';

/** Under which block a provider of each type has its fields. */
export const PROVIDER_BLOCKS = { oidc: 'oidcConfig', oauth2: 'oauth2Config', mcp: 'mcpConfig' } as const;

export const provider = block(
  'One identity provider.',
  {
    name: text('dnsLabel', 'What strategies refer to; unique.'),
    provider: choice(
      PROFILE_NAMES,
      'A provider that Gatehouse knows: `clientId`, `clientSecret` and whatever else differs are written beside it, without `type` and without a block of their own (see `docs/providers.md`). Every field of the block that it stands for can be written there and counts instead.',
      { mistakes: PROFILE_MISTAKES },
    ).exactOptional(),
    type: choice(['oidc', 'oauth2', 'mcp'], 'Kind of provider, for one that is described in full.', {
      derived: 'from `provider`',
      mistakes: PROVIDER_TYPE_MISTAKES,
    }),
    requirement: choice(
      PROVIDER_REQUIREMENTS,
      '`required`: every sign-in visits it; `optional`: the person may skip it; `onDemand`: visited when a tool needs it.',
    ).default('required'),
    ...displayOfProvider,
    oidcConfig: oidcConfig.exactOptional(),
    oauth2Config: oauth2Config.exactOptional(),
    mcpConfig: mcpConfig.exactOptional(),
    timeout: text(
      'duration',
      `For one request to the provider; ${DURATION_BOUNDS.providerRequest.text}.`,
    ).default('10s'),
    ...egress,
  },
  { blocks: PROVIDER_BLOCKS, mistakes: PROVIDER_MISTAKES },
);
