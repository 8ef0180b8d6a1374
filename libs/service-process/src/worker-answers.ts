import type { ReadinessReport } from '@gatehouse/observability/readiness';
import type { InternalFacts } from './internal-facts.js';

/** What the primary of a group of workers asks them, over the channel that node:cluster has to each. */
export interface WorkerAnswers {
  readonly readiness: ReadinessReport;
  readonly stuck: readonly string[];
  readonly metrics: string;
  readonly status: object;
}

export type WorkerQuestion = keyof WorkerAnswers;

export interface AskedOfWorker {
  readonly ask: WorkerQuestion;
  readonly id: number;
}

/** @returns what ends the answering. */
export function answerPrimary(facts: InternalFacts): () => void {
  const answerers: { readonly [Q in WorkerQuestion]: () => Promise<WorkerAnswers[Q]> } = {
    readiness: facts.readiness,
    stuck: facts.stuck,
    metrics: async () => await facts.metrics.render(),
    status: async () => (await facts.status?.()) ?? {},
  };
  const heard = (message: unknown): void => {
    if (!isQuestion(message)) return;
    const { ask, id } = message;
    // Without an answer the primary takes it for one that does not answer, which is right.
    answerers[ask]().then(
      (answer) => tellPrimary({ id, answer }),
      () => undefined,
    );
  };
  process.on('message', heard);
  return () => void process.off('message', heard);
}

/** This worker does its work, and stops when it is asked to. */
export const tellServing = (): void => tellPrimary({ serving: true });

/** A primary that is gone hears nothing: this process ends with it. */
function tellPrimary(message: object): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

const QUESTIONS: ReadonlySet<unknown> = new Set<WorkerQuestion>(['readiness', 'stuck', 'metrics', 'status']);

const isQuestion = (message: unknown): message is AskedOfWorker =>
  typeof message === 'object' && message !== null && 'ask' in message && QUESTIONS.has(message.ask);
