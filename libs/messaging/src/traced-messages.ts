import type { RequestContract } from '@gatehouse/contracts/contract';
import { activeSpan, within, type ActiveSpan, type SpanAttributes } from '@gatehouse/kernel/active-span';
import { isErrorCode } from '@gatehouse/kernel/error-codes';
import { isTraceState, parseTraceParent } from '@gatehouse/kernel/trace-context';
import type { Tracing } from '@gatehouse/observability/tracing';
import type { MessageHandler, NatsContext } from '@nestjs/microservices';
import type { MsgHdrs } from '@nats-io/transport-node';
import { isObservable, Observable, tap } from 'rxjs';

/** W3C Trace Context has these two, and headers of NATS are used for them as those of HTTP are. */
const TRACEPARENT_HEADER = 'traceparent';
const TRACESTATE_HEADER = 'tracestate';

/** OpenTelemetry's semantic conventions for messaging. */
export const attributesOf = ({ subject }: RequestContract): SpanAttributes => ({
  'messaging.system': 'nats',
  'messaging.destination.name': subject,
});

/** The answering service goes on with the trace that is recorded here. */
export function addTrace(header: Pick<MsgHdrs, 'set'>): void {
  const span = activeSpan();
  if (span === undefined) return;
  header.set(TRACEPARENT_HEADER, span.traceparent);
  const { tracestate } = span;
  if (tracestate !== undefined) header.set(TRACESTATE_HEADER, tracestate);
}

/** A request whose sender records a trace is a step of it here. Nothing begins a trace on the bus. */
export function tracedHandler(
  tracing: Tracing,
  contract: RequestContract,
  handler: MessageHandler,
): MessageHandler {
  const name = `process ${contract.subject}`;
  return async (request: unknown, context: NatsContext): Promise<unknown> => {
    const headers = context.getHeaders() as MsgHdrs | undefined;
    const parent = parseTraceParent(headers?.get(TRACEPARENT_HEADER));
    const span =
      parent === undefined
        ? undefined
        : tracing.begin({
            name,
            kind: 'server',
            attributes: attributesOf(contract),
            parent: { ...parent, ...stateOf(headers) },
          });
    if (span === undefined) return (await handler(request, context)) as unknown;
    try {
      const answer: unknown = await within(span, async () => (await handler(request, context)) as unknown);
      return isObservable(answer) ? untilEnd(answer, span) : ended(answer, span);
    } catch (error) {
      span.fail('internal');
      span.end();
      throw error;
    }
  };
}

function stateOf(headers: MsgHdrs | undefined): { readonly tracestate?: string } {
  const tracestate = headers?.get(TRACESTATE_HEADER);
  return isTraceState(tracestate) ? { tracestate } : {};
}

/** Nest's handlers answer with what is subscribed to later: that belongs to the step as well. */
const untilEnd = (answer: Observable<unknown>, span: ActiveSpan): Observable<unknown> =>
  new Observable((subscriber) =>
    within(span, () =>
      answer
        .pipe(
          tap({
            error: (error: unknown) => span.fail(codeOf(error)),
            finalize: () => span.end(),
          }),
        )
        .subscribe(subscriber),
    ),
  );

function ended(answer: unknown, span: ActiveSpan): unknown {
  span.end();
  return answer;
}

/** Errors cross the bus as plain objects with a code of the contract. */
const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && isErrorCode(error.code)
    ? error.code
    : 'internal';
