import { Injectable } from '@nestjs/common';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { randomUUID } from 'node:crypto';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';

type AuditValue = string | number | boolean | undefined;
/** Flat, but for the values of arguments. */
export type AuditFields = Readonly<Record<string, AuditValue | Readonly<Record<string, AuditValue>>>>;

const MAX_TEXT_LENGTH = 256;
/** Lines in a second about what anybody can cause, without being known. */
const MAX_PACED_PER_SECOND = 20;

/**
 * What JSON does not escape and a terminal or a viewer may act on: DEL, the C1 controls, line separators, and characters that
 * turn the direction of writing or cannot be seen (Unicode TR 36).
 */
const ACTED_ON = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A text that cannot make a line long. */
const boundedText = (text: string): string =>
  text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH - 1)}…`;

const bounded = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? boundedText(value) : value;

interface AuditSource {
  readonly service: string;
  readonly isOn: boolean;
}

/**
 * Who did what, for whoever has to answer that later: one JSON line each, in the log with `category: audit`. A line never
 * waits: where the log's reader is so late that there is no more room for it, lines are left out, and counted in a metric,
 * in `seq`, and in a line of their own as soon as there is room.
 */
@Injectable()
export class AuditLog {
  /** Of this process; `seq` counts in it. */
  readonly #process = randomUUID();
  readonly #lines;
  #seq = 0;
  #dropped = 0;
  readonly #paced = new Map<string, { second: number; lines: number; left: number }>();

  constructor(
    private readonly source: AuditSource,
    private readonly log: Pick<Log, 'audit'>,
    metrics: Pick<Metrics, 'counter'>,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.#lines = metrics.counter('audit_lines_total', 'Audit lines, by what became of them.', ['outcome']);
  }

  get isOn(): boolean {
    return this.source.isOn;
  }

  write(event: string, fields: AuditFields): void {
    if (!this.source.isOn) return;
    if (this.#dropped > 0) {
      if (!this.#put('audit-lines-dropped', { count: this.#dropped })) {
        this.#drop();
        return;
      }
      this.#dropped = 0;
    }
    if (!this.#put(event, fields)) this.#drop();
  }

  /** The same for what anybody can cause at any rate: some lines in each second, and then their number (`leftOut`). */
  writePaced(event: string, fields: AuditFields): void {
    if (!this.source.isOn) return;
    const second = Math.floor(this.nowMs() / SECOND_MS);
    const pace = this.#paced.get(event) ?? { second, lines: 0, left: 0 };
    this.#paced.set(event, pace);
    if (pace.second !== second) Object.assign(pace, { second, lines: 0 });
    if (pace.lines >= MAX_PACED_PER_SECOND) {
      pace.left += 1;
      return;
    }
    pace.lines += 1;
    const { left } = pace;
    pace.left = 0;
    this.write(event, left === 0 ? fields : { ...fields, leftOut: left });
  }

  #put(event: string, fields: AuditFields): boolean {
    const line = JSON.stringify(
      {
        level: 'info',
        time: new Date(this.nowMs()).toISOString(),
        service: this.source.service,
        process: this.#process,
        seq: this.#seq + 1,
        ...fields,
        category: 'audit',
        event,
      },
      bounded,
    );
    const isTaken = this.log.audit(`${line.replace(ACTED_ON, escaped)}\n`);
    if (isTaken) {
      this.#seq += 1;
      this.#lines.inc({ outcome: 'written' });
    }
    return isTaken;
  }

  /** Its number is not given to another line. */
  #drop(): void {
    this.#seq += 1;
    this.#dropped += 1;
    this.#lines.inc({ outcome: 'dropped' });
  }
}
