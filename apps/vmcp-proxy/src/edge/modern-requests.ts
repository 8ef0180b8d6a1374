import type { Calls } from '../calls/calls.flow.js';
import { CallRecord } from '../calls/call-record.js';
import { targetOf } from '../calls/call-target.js';
import { JSON_TYPE } from '../mcp/answer.js';
import { isOfEra } from '../mcp/call-methods.js';
import { declaredIn, followsTasks, TASKS_EXTENSION } from '../mcp/client-capabilities.js';
import type { ModernEnvelope } from '../mcp/era.js';
import { errorText, resultText, type RequestMessage } from '../mcp/message.js';
import {
  METHOD_NOT_FOUND,
  MISSING_CLIENT_CAPABILITY,
  MODERN_VERSION,
  SUPPORTED_VERSIONS,
} from '../mcp/protocol.js';
import type { Incoming } from './incoming.js';
import type { ClientStreams } from './client-streams.flow.js';
import type { Introductions } from './introductions.js';
import { CACHEABLE, type Lists } from './lists.js';

const DISCOVERED = {
  ...CACHEABLE,
  supportedVersions: SUPPORTED_VERSIONS,
};

/** The tasks extension, capability negotiation. */
const NEEDS_TASKS = {
  code: MISSING_CLIENT_CAPABILITY,
  message: `the client has to declare the extension ${TASKS_EXTENSION}`,
  data: { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
};

/** Requests of revision 2026-07-28: each stands for itself. */
export class ModernRequests {
  constructor(
    private readonly lists: Lists,
    private readonly introductions: Introductions,
    private readonly calls: Calls,
    private readonly streams: Pick<ClientStreams, 'listen'>,
  ) {}

  answer(incoming: Incoming, envelope: ModernEnvelope, message: RequestMessage): Promise<void> | undefined {
    const { answer } = incoming;
    const { id, method } = message;
    const target = isOfEra(method, 'modern') ? targetOf(message) : undefined;
    if (target?.kind === 'task' && !followsTasks(envelope.capabilities)) {
      answer.whole(400, JSON_TYPE, errorText(id, NEEDS_TASKS));
      return undefined;
    }
    if (target === undefined) return this.#answerItself(incoming, envelope, message);
    const record = new CallRecord(incoming.receivedAtMs);
    return this.calls.run({ ...incoming, target, client: { era: 'modern', envelope }, message, record });
  }

  async #answerItself(incoming: Incoming, envelope: ModernEnvelope, message: RequestMessage): Promise<void> {
    const { answer } = incoming;
    const { id, method } = message;
    const asked = { ...incoming, declared: declaredIn(envelope.capabilities) };
    const listing = this.lists.answer(asked, message, 'modern');
    if (listing !== undefined) await listing;
    else if (method === 'subscriptions/listen') await this.streams.listen(asked, message);
    else if (method === 'server/discover') {
      const result = { ...DISCOVERED, ...this.introductions.of(asked, MODERN_VERSION) };
      answer.whole(200, JSON_TYPE, resultText(id, result));
    } else {
      const error = { code: METHOD_NOT_FOUND, message: `there is no method ${method}` };
      answer.whole(404, JSON_TYPE, errorText(id, error));
    }
  }
}
