import type { Audit } from '@gatehouse/config/model/telemetry';
import { sha256 } from '@gatehouse/kernel/digest';
import type { AuditFields, AuditLog } from '@gatehouse/observability/audit-log';
import type { Tracing } from '@gatehouse/observability/tracing';
import { MODERN_VERSION } from '../mcp/protocol.js';
import { AuditedValues } from './audited-arguments.js';
import type { Call, Client } from './call.js';
import { CallRecord } from './call-record.js';
import { clientTrace } from './call-trace.js';
import { ObservedAnswer } from './observed-answer.js';

export interface EndedCall {
  /** Absent where no backend has what was called. */
  readonly backend: string | undefined;
  readonly outcome: string;
  readonly durationMs: number;
}

/** Records calls as steps of traces, and writes their audit lines. Where neither is on, a call passes as it came. */
export class CallObserver {
  readonly #values: AuditedValues;

  constructor(
    private readonly tracing: Pick<Tracing, 'takesNext' | 'begin'>,
    private readonly audit: Pick<AuditLog, 'isOn' | 'write'>,
    settings: Pick<Audit, 'arguments'>,
  ) {
    this.#values = new AuditedValues(settings.arguments);
  }

  /** @returns the call itself, or one in its place that is watched. */
  observed(call: Call): Call {
    const isTraced = this.tracing.takesNext();
    if (!isTraced && !this.audit.isOn) return call;
    const { message, headers, client } = call;
    const record = call.record ?? new CallRecord();
    const { parent, link } = clientTrace(message.params, headers);
    record.traceId = parent?.traceId;
    if (isTraced) {
      record.span = this.tracing.begin({
        name: message.method,
        kind: 'server',
        attributes: {
          'mcp.method.name': message.method,
          'mcp.protocol.version': versionOf(client),
          'mcp.session.id': sessionOf(client),
          'network.protocol.name': 'http',
        },
        link,
        ...(parent === undefined ? {} : { parent }),
      });
      record.traceId = record.span?.traceId;
    }
    return { ...call, record, answer: new ObservedAnswer(call.answer) };
  }

  ended(call: Call, ended: EndedCall): void {
    const { record, answer } = call;
    if (record === undefined || !(answer instanceof ObservedAnswer)) return;
    if (record.span !== undefined) endSpan(call, record, ended);
    if (this.audit.isOn) this.audit.write('call', this.#lineOf(call, record, answer, ended));
  }

  #lineOf(call: Call, record: CallRecord, { status, bytes }: ObservedAnswer, ended: EndedCall): AuditFields {
    const { principal, client, message, target, headers, scope } = call;
    const { backend, outcome, durationMs } = ended;
    const { connection, original } = record;
    const named = target.kind === 'tool' && backend !== undefined && original !== undefined;
    return {
      request: typeof message.id === 'string' ? message.id : JSON.stringify(message.id),
      traceId: record.traceId,
      issuer: principal.issuer,
      subject: principal.subject,
      clientId: principal.clientId,
      actors: principal.delegate?.actors.join(' '),
      session: principal.tsid === undefined ? undefined : sha256(principal.tsid),
      mcpSession: sessionOf(client),
      endpoint: scope.place === '' ? '/' : scope.place,
      method: message.method,
      backend,
      // The id of a task is no name.
      name: target.kind === 'task' ? undefined : target.name,
      original,
      revision: versionOf(client),
      backendRevision: record.backendVersion,
      connection: connection?.id,
      connectionVersion: connection?.version,
      release: record.release,
      policy: record.policy,
      outcome,
      errorCode: record.errorCode,
      status,
      durationMs: Math.round(durationMs * 1_000) / 1_000,
      requestBytes: lengthIn(headers['content-length']),
      responseBytes: bytes,
      arguments: named ? this.#values.of(backend, original, message.params) : undefined,
    };
  }
}

/** Names of tools and prompts as they are configured or listed; a URI may hold anything, and stands nowhere. */
function endSpan({ target }: Call, record: CallRecord, { backend, outcome }: EndedCall): void {
  const { span, original, errorCode } = record;
  if (span === undefined) return;
  const name = original === undefined ? undefined : target.name;
  if (name !== undefined && (target.kind === 'tool' || target.kind === 'prompt')) {
    span.rename(target.kind === 'tool' ? `tools/call ${name}` : `prompts/get ${name}`);
    span.set({ [target.kind === 'tool' ? 'gen_ai.tool.name' : 'gen_ai.prompt.name']: name });
  }
  span.set({
    'gatehouse.backend': backend,
    'gatehouse.outcome': outcome,
    'rpc.response.status_code': errorCode === undefined ? undefined : String(errorCode),
  });
  if (errorCode !== undefined) span.fail(String(errorCode));
  else if (outcome !== 'answered') span.fail(outcome);
  span.end();
}

const versionOf = (client: Client): string =>
  client.era === 'modern' ? MODERN_VERSION : client.session.protocolVersion;

/** The id itself opens the session. */
const sessionOf = (client: Client): string | undefined =>
  client.era === 'legacy' ? client.session.digest : undefined;

function lengthIn(header: string | undefined): number | undefined {
  return header === undefined || !/^\d{1,15}$/.test(header) ? undefined : Number(header);
}
