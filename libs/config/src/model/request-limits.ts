/** What the proxy takes of its clients. */
export interface RequestLimits {
  /** Of the body of one request. */
  readonly requestBytes: number;
  /** Of the bodies of all requests together that one person has at one replica. */
  readonly requestBytesPerPerson: number;
  /** Of backends' answers that are kept until all of each has come and the client has taken it. */
  readonly answerBytesPerPerson: number;
}
