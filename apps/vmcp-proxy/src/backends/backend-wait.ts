/** Hears from when to when a backend is waited for. Times are those of `performance.now()`. */
export interface BackendWait {
  /** Its request goes out. */
  began(atMs: number): void;
  /** @param isPassedOn what comes from now on is handed on as it comes; otherwise it is here, or will not come. */
  ended(atMs: number, isPassedOn: boolean): void;
}
