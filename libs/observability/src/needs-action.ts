/** A part that does not come back by itself. */
export class NeedsAction extends Error {
  override readonly name = 'NeedsAction';

  constructor(
    message: string,
    /** What operators have to do. */
    readonly advice: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  static in(error: unknown): string | undefined {
    return error instanceof NeedsAction ? error.advice : undefined;
  }
}
