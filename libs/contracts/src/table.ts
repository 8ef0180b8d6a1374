import { sessionView } from './authorization-server/session-view.js';
import { signingKeysCurrent } from './authorization-server/signing-keys-current.js';
import type { EventContract, RequestContract } from './contract.js';
import { connectionChanged } from './events/connection-changed.js';
import { mcpSessionSignalled } from './events/mcp-session-signalled.js';
import { mcpStreamHanded } from './events/mcp-stream-handed.js';
import { proxyPresent } from './events/proxy-present.js';
import { resourcesSent } from './events/resources-sent.js';
import { sessionClosed } from './events/session-closed.js';
import { sessionDropped } from './events/session-dropped.js';
import { accessJudge } from './token-vault/access-judge.js';
import { attemptDiscard } from './token-vault/attempt-discard.js';
import { busKeyCurrent } from './token-vault/bus-key-current.js';
import { connectionAdopt } from './token-vault/connection-adopt.js';
import { connectionBegin } from './token-vault/connection-begin.js';
import { connectionClaims } from './token-vault/connection-claims.js';
import { connectionComplete } from './token-vault/connection-complete.js';
import { connectionList } from './token-vault/connection-list.js';
import { connectionRevoke } from './token-vault/connection-revoke.js';
import { credentialExchange } from './token-vault/credential-exchange.js';
import { credentialInject } from './token-vault/credential-inject.js';
import { presence } from './token-vault/presence.js';
import { providerHealth } from './token-vault/provider-health.js';
import { providerLogout } from './token-vault/provider-logout.js';
import { secretEnter } from './token-vault/secret-enter.js';
import { sessionClose } from './token-vault/session-close.js';
import { sessionOpen } from './token-vault/session-open.js';

/** Every request on the bus. NATS permissions are generated from this table. */
export const REQUESTS: readonly RequestContract[] = [
  sessionView,
  signingKeysCurrent,
  accessJudge,
  attemptDiscard,
  busKeyCurrent,
  connectionAdopt,
  connectionBegin,
  connectionClaims,
  connectionComplete,
  connectionList,
  connectionRevoke,
  credentialExchange,
  credentialInject,
  presence,
  providerHealth,
  providerLogout,
  secretEnter,
  sessionClose,
  sessionOpen,
];

/** Every event on the bus. */
export const EVENTS: readonly EventContract[] = [
  connectionChanged,
  mcpSessionSignalled,
  mcpStreamHanded,
  proxyPresent,
  resourcesSent,
  sessionClosed,
  sessionDropped,
];
