import { ERROR_CODES, type ErrorCode, type ErrorCodeFacts } from './error-codes.js';
import { isOutage } from './outage.js';

/** Public facts that travel with an error: names from the configuration, never values from a request. */
export type ErrorDetails = Readonly<Record<string, string>>;

/**
 * What was seen, for the log of the service that throws: an HTTP status, a party's own word for the error, cut and cleaned. It
 * crosses no boundary.
 */
export type ErrorEvidence = Readonly<Record<string, string | number | undefined>>;

interface ErrorFacts {
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
  readonly evidence?: ErrorEvidence;
}

/**
 * The one error that crosses a boundary. `message` is internal (logs only, and never holds a secret); what others see
 * is {@link GatehouseError.publicText} and `details`.
 */
export class GatehouseError extends Error {
  override readonly name = 'GatehouseError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly evidence: ErrorEvidence;

  constructor(code: ErrorCode, internal?: string, options: ErrorFacts = {}) {
    super(
      internal ?? ERROR_CODES[code].publicText,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.details = options.details ?? {};
    this.evidence = options.evidence ?? {};
  }

  get facts(): ErrorCodeFacts {
    return ERROR_CODES[this.code];
  }

  get publicText(): string {
    return this.facts.publicText;
  }

  /** Wraps anything thrown: either something we depend on is unavailable, or it is our bug. */
  static from(error: unknown): GatehouseError {
    if (error instanceof GatehouseError) return error;
    const text = error instanceof Error ? error.message : 'a non-error was thrown';
    return new GatehouseError(isOutage(error) ? 'unavailable' : 'internal', text, { cause: error });
  }
}
