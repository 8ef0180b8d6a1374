/** What the proxy takes of its clients. */
export interface RequestLimits {
  /** Limit of the body of one request. */
  readonly requestBytes: number;
  /** Limit of the bodies of all requests together that one person has at one replica. */
  readonly requestBytesPerPerson: number;
  /** Limit of the backends' responses that are held for one person until they are complete and sent. */
  readonly answerBytesPerPerson: number;
}
