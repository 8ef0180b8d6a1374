import { errorText, resultText, type RequestId } from '../mcp/message.js';
import { METHOD_NOT_FOUND } from '../mcp/protocol.js';

/** What the gateway answers to a server that asks nobody but it: it is there, and can do nothing for a server. */
export const ownReply = (id: RequestId, method: string): string =>
  method === 'ping'
    ? resultText(id, {})
    : errorText(id, { code: METHOD_NOT_FOUND, message: 'the gateway cannot do that' });
