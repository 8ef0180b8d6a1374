import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { reasonText } from '../refusals/failure-text.js';
import type { JsonObject } from '../mcp/message.js';
import { needsUser } from '../outgoing-auth/strategy.js';

/** The one tool that is listed for a backend whose own tools nobody has seen yet: it says what is wrong. */
export function standIn(backend: string, failure: GatehouseError): JsonObject {
  const connect = needsUser(failure);
  return {
    name: connect ? 'connect' : 'status',
    title: connect ? `Connect ${backend}` : `Status of ${backend}`,
    description: connect
      ? `The tools of "${backend}" appear once its account is connected. ${reasonText(failure)} Call this tool to get the link.`
      : `The tools of "${backend}" cannot be listed right now. ${reasonText(failure)} Call this tool to try again.`,
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
    annotations: { readOnlyHint: true },
  };
}
