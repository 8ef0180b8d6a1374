/**
 * Why there is no answer. `blocked`: an address or scheme that the rules refuse. `unreachable`: no connection (name,
 * TCP, TLS). `timeout`: not done in time. `too_large`: the body is over the limit. `broken`: the connection ended or
 * what came is not HTTP.
 */
export type OutboundFailureKind = 'blocked' | 'unreachable' | 'timeout' | 'too_large' | 'broken';

/** No usable answer to an outbound request. `message` holds neither the URL's path nor anything that was sent or received. */
export class OutboundFailure extends Error {
  override readonly name = 'OutboundFailure';

  constructor(
    readonly kind: OutboundFailureKind,
    /**
     * Whether the other side may have received the request. If so, it is unknown whether the other side acted on it.
     */
    readonly maybeSent: boolean,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }

  /** Finds this failure in an error or its causes, however a library wrapped it. */
  static in(error: unknown): OutboundFailure | undefined {
    for (
      let current = error, depth = 0;
      current instanceof Error && depth < 8;
      current = current.cause, depth += 1
    )
      if (current instanceof OutboundFailure) return current;
    return undefined;
  }
}

/** A name that only the proxy can resolve, and that is not left to it: nothing is known of where it leads. */
export class NameNotResolved extends OutboundFailure {
  constructor() {
    super(
      'blocked',
      false,
      'the name does not resolve here, and a stranger chose it (egress.proxy.refusesPrivateAddresses)',
    );
  }
}

/** Why no connection was made, as it is known already or as a cause. */
export const unreachable = (error: Error): OutboundFailure =>
  OutboundFailure.in(error) ??
  new OutboundFailure('unreachable', false, 'no connection could be made', { cause: error });
