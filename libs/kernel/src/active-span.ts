import { AsyncLocalStorage } from 'node:async_hooks';
import { GatehouseError } from './gatehouse-error.js';

/** Names, codes and numbers; never a value that came with a request (`docs/telemetry.md`). */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;
export type SpanKind = 'server' | 'client' | 'internal';

/** One step of a trace that is recorded, for code that does not know how traces are exported. */
export interface ActiveSpan {
  readonly traceId: string;
  /** For who is asked in this step (W3C Trace Context, section 3.2). */
  readonly traceparent: string;
  readonly tracestate: string | undefined;
  child(name: string, kind: SpanKind, attributes?: SpanAttributes): ActiveSpan;
  set(attributes: SpanAttributes): void;
  rename(name: string): void;
  /** @param kind a code of a closed list; no text of an error. */
  fail(kind: string): void;
  end(): void;
}

const active = new AsyncLocalStorage<ActiveSpan>();

/** The step that this work belongs to; `undefined` where no trace is recorded. */
export const activeSpan = (): ActiveSpan | undefined => active.getStore();

/** What `work` does, and what that starts, belongs to the step. */
export const within = <T>(span: ActiveSpan, work: () => T): T => active.run(span, work);

/** Does the work as a step of the trace that it belongs to; without one it is just done. */
export async function traced<T>(
  step: { readonly name: string; readonly kind: SpanKind; readonly attributes?: SpanAttributes },
  work: (span: ActiveSpan | undefined) => Promise<T>,
): Promise<T> {
  const parent = active.getStore();
  if (parent === undefined) return await work(undefined);
  const span = parent.child(step.name, step.kind, step.attributes);
  try {
    return await active.run(span, async () => await work(span));
  } catch (error) {
    span.fail(GatehouseError.from(error).code);
    throw error;
  } finally {
    span.end();
  }
}
