import type { Calls } from '../calls/calls.flow.js';
import { CallRecord } from '../calls/call-record.js';
import { targetOf } from '../calls/call-target.js';
import { JSON_TYPE } from '../mcp/answer.js';
import { declaredIn } from '../mcp/client-capabilities.js';
import type { ModernEnvelope } from '../mcp/era.js';
import { errorText, resultText, type RequestMessage } from '../mcp/message.js';
import { METHOD_NOT_FOUND, SUPPORTED_VERSIONS } from '../mcp/protocol.js';
import type { Incoming } from './incoming.js';
import type { ClientStreams } from './client-streams.flow.js';
import type { Introductions } from './introductions.js';
import { CACHEABLE, type Lists } from './lists.js';

const DISCOVERED = {
  ...CACHEABLE,
  supportedVersions: SUPPORTED_VERSIONS,
};

/** Requests of revision 2026-07-28: each stands for itself. */
export class ModernRequests {
  constructor(
    private readonly lists: Lists,
    private readonly introductions: Introductions,
    private readonly calls: Calls,
    private readonly streams: Pick<ClientStreams, 'listen'>,
  ) {}

  async answer(incoming: Incoming, envelope: ModernEnvelope, message: RequestMessage): Promise<void> {
    const { answer } = incoming;
    const { id, method } = message;
    const target = targetOf(message);
    if (target !== undefined) {
      const record = new CallRecord();
      await this.calls.run({ ...incoming, target, client: { era: 'modern', envelope }, message, record });
      return;
    }
    const asked = { ...incoming, declared: declaredIn(envelope.capabilities) };
    const listing = this.lists.answer(asked, message, 'modern');
    if (listing !== undefined) await listing;
    else if (method === 'subscriptions/listen') await this.streams.listen(asked, message);
    else if (method === 'server/discover') {
      const result = { ...DISCOVERED, ...this.introductions.of(asked, 'modern') };
      answer.whole(200, JSON_TYPE, resultText(id, result));
    } else {
      const error = { code: METHOD_NOT_FOUND, message: `there is no method ${method}` };
      answer.whole(404, JSON_TYPE, errorText(id, error));
    }
  }
}
