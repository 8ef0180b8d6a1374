import { z } from 'zod';
import { defineEvent } from '../contract.js';

/** A replica of the proxy runs; published every second. */
export const proxyPresent = defineEvent({
  name: 'proxy-present',
  version: 1,
  publishedBy: 'vmcp-proxy',
  heardBy: ['authorization-server'],
  kept: false,
  payload: z.strictObject({ replicaId: z.uuid() }),
});
