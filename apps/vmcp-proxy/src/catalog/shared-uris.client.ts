import { resourcesSent } from '@gatehouse/contracts/events/resources-sent';
import type { EventBus } from '@gatehouse/messaging/event-bus';
import { SentUris } from './sent-uris.js';

/** Nobody waits for the others to hear it: a replica that has not asks to be told whose a resource is. */
export const sharedUris = (events: Pick<EventBus, 'publish'>): SentUris =>
  new SentUris(
    ({ uris, ...fact }) =>
      void events.publish(resourcesSent, { ...fact, uris: [...uris] }).catch(() => undefined),
  );
