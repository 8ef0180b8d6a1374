import { Log, type LogFields } from '@gatehouse/observability/log';

/** A log that keeps its lines, as JSON texts `[event, fields]`. */
export class KeptLog extends Log {
  readonly lines: string[] = [];
  /** Events that were warnings or errors. */
  readonly alarms: string[] = [];
  readonly audited: string[] = [];

  constructor() {
    super('test');
  }

  override info(event: string, fields: LogFields = {}): void {
    this.lines.push(JSON.stringify([event, fields]));
  }

  override warn(event: string, fields: LogFields = {}): void {
    this.alarms.push(event);
    this.info(event, fields);
  }

  override error(event: string, fields: LogFields = {}): void {
    this.alarms.push(event);
    this.info(event, fields);
  }

  override audit(line: string): boolean {
    this.audited.push(line);
    return true;
  }

  /** Audit lines of one event. */
  auditedOf(event: string): readonly LogFields[] {
    return this.audited
      .map((line) => JSON.parse(line) as LogFields)
      .filter((line) => line['event'] === event);
  }

  /** The lines of one event. */
  of(event: string): readonly LogFields[] {
    return this.lines
      .map((line) => JSON.parse(line) as readonly [string, LogFields])
      .flatMap(([said, fields]) => (said === event ? [fields] : []));
  }
}
