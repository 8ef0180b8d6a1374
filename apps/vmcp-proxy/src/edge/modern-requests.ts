import type { IncomingHttpHeaders } from 'node:http';
import type { Calls } from '../calls/calls.flow.js';
import { targetOf } from '../calls/call-target.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Principal } from '../incoming-auth/principal.js';
import { JSON_TYPE, type Answer } from '../mcp/answer.js';
import { CAPABILITIES, INSTRUCTIONS } from '../mcp/capabilities.js';
import type { ModernEnvelope } from '../mcp/era.js';
import { CACHEABLE, LIST_METHODS, answerList } from './list-answer.js';
import { errorText, resultText, type RequestMessage } from '../mcp/message.js';
import { METHOD_NOT_FOUND, SUPPORTED_VERSIONS } from '../mcp/protocol.js';

/** Requests of revision 2026-07-28: each stands for itself. */
export class ModernRequests {
  constructor(
    private readonly catalog: Catalog,
    private readonly calls: Calls,
  ) {}

  async answer(
    principal: Principal,
    envelope: ModernEnvelope,
    message: RequestMessage,
    headers: IncomingHttpHeaders,
    answer: Answer,
  ): Promise<void> {
    const { id, method } = message;
    const target = targetOf(message);
    if (target !== undefined) {
      await this.calls.run({
        target,
        principal,
        client: { era: 'modern', envelope },
        message,
        headers,
        answer,
      });
      return;
    }
    const kind = LIST_METHODS.get(method);
    if (kind !== undefined) {
      await answerList(this.catalog, principal, message, kind, 'modern', answer);
      return;
    }
    if (method === 'server/discover') {
      const discovered = {
        ...CACHEABLE,
        supportedVersions: SUPPORTED_VERSIONS,
        capabilities: CAPABILITIES,
        instructions: INSTRUCTIONS,
      };
      answer.whole(200, JSON_TYPE, resultText(id, discovered));
      return;
    }
    answer.whole(
      404,
      JSON_TYPE,
      errorText(id, { code: METHOD_NOT_FOUND, message: `there is no method ${method}` }),
    );
  }
}
