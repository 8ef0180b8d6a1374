import { injectedValue, type HeaderInjection } from '@gatehouse/config/model/outgoing-auth';
import type { Secret } from '@gatehouse/kernel/secret';
import type { OutgoingStrategy } from './strategy.js';

/** One configured header, the same for everybody. */
export const headerInjection = (configured: HeaderInjection<Secret>): OutgoingStrategy => ({
  kind: 'fixed',
  header: { name: configured.headerName.toLowerCase(), value: injectedValue(configured) },
});
