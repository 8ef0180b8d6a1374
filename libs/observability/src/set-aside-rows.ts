import { Injectable } from '@nestjs/common';
import { Log } from './log.js';
import { Metrics } from './metrics.js';

/**
 * Tells operators of stored rows whose seal does not open: their key-encryption key is lost or is not configured here,
 * or somebody changed them. Such a row is kept and set aside. Its content has to be obtained again.
 */
@Injectable()
export class SetAsideRows {
  readonly #count;

  constructor(
    metrics: Metrics,
    private readonly log: Log,
  ) {
    this.#count = metrics.counter(
      'sealed_rows_set_aside_total',
      'Stored rows whose seal does not open, by what they hold.',
      ['kind'],
    );
  }

  /**
   * @param kind what the row holds; one of a closed list
   * @param row ids that name it, never a value of it
   */
  report(kind: string, row: string): void {
    this.#count.inc({ kind });
    this.log.error('sealed-row-set-aside', { kind, row });
  }
}
