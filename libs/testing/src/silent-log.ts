import { Log } from '@gatehouse/observability/log';

/** A log that writes nothing. */
export class SilentLog extends Log {
  constructor() {
    super('test');
  }

  override info(): void {
    return undefined;
  }

  override warn(): void {
    return undefined;
  }

  override error(): void {
    return undefined;
  }

  override audit(line: string): boolean {
    return line.length > 0;
  }
}
