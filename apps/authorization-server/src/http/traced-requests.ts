import { within, type ActiveSpan } from '@gatehouse/kernel/active-span';
import { isTraceState, parseTraceParent, type TraceParent } from '@gatehouse/kernel/trace-context';
import type { Tracing } from '@gatehouse/observability/tracing';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Requests are steps of traces: of clients' own, where they name one. */
export function traceRequests(
  fastify: Pick<FastifyInstance, 'addHook'>,
  tracing: Pick<Tracing, 'takesNext' | 'begin'>,
): void {
  const spans = new WeakMap<FastifyRequest, ActiveSpan>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    const span = tracing.takesNext() ? begun(request, tracing) : undefined;
    if (span === undefined) {
      done();
      return;
    }
    spans.set(request, span);
    // What comes after this hook belongs to the step.
    within(span, done);
  });
  fastify.addHook('onResponse', (request, { statusCode }, done) => {
    const span = spans.get(request);
    span?.set({ 'http.response.status_code': statusCode });
    if (statusCode >= 500) span?.fail(String(statusCode));
    span?.end();
    done();
  });
  // Its client is gone: there is no response.
  fastify.addHook('onRequestAbort', (request, done) => {
    const span = spans.get(request);
    span?.fail('client_gone');
    span?.end();
    done();
  });
}

/** The route as it was declared: paths and queries hold codes, states and names. */
function begun(request: FastifyRequest, tracing: Pick<Tracing, 'begin'>): ActiveSpan | undefined {
  const { method, headers, routeOptions } = request;
  const route = routeOptions.url ?? '(none)';
  const parent = parseTraceParent(headers['traceparent']);
  return tracing.begin({
    name: `${method} ${route}`,
    kind: 'server',
    attributes: { 'http.request.method': method, 'http.route': route },
    ...(parent === undefined ? {} : { parent: { ...parent, ...stateIn(headers['tracestate']) } }),
  });
}

const stateIn = (text: unknown): Pick<TraceParent & { readonly tracestate?: string }, 'tracestate'> =>
  isTraceState(text) ? { tracestate: text } : {};
