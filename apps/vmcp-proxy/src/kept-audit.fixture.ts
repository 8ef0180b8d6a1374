import { SilentLog } from '@gatehouse/testing/silent-log';

/** A log that keeps the lines of the audit, and nothing else. */
export class KeptAudit extends SilentLog {
  readonly lines: string[] = [];

  override audit(line: string): boolean {
    this.lines.push(line);
    return true;
  }
}
