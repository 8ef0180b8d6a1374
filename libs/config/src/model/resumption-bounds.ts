/** What clients with sessions can get again of their event streams. */
export interface ResumptionBounds {
  /** The newest events of one stream. At most what fits into one message of the bus. */
  readonly bytesPerStream: number;
  /** 0: nothing is kept, and no event has an id. */
  readonly streamsPerSession: number;
  /** How long a call goes on whose client is away, and how long a stream that is over can be read again. */
  readonly keepForMs: number;
}
