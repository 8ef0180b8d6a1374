import { SilentLog } from '@gatehouse/testing/silent-log';
import type { JsonObject } from './mcp/message.js';

/** A log that keeps the lines of the audit, and nothing else. */
export class KeptAudit extends SilentLog {
  readonly lines: string[] = [];

  get entries(): readonly JsonObject[] {
    return this.lines.map((line) => JSON.parse(line) as JsonObject);
  }

  override audit(line: string): boolean {
    this.lines.push(line);
    return true;
  }
}
