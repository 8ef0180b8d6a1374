import type { ActiveSpan } from '@gatehouse/kernel/active-span';
import type { Peer } from '../backends/peer.js';
import type { ConnectionVersion, CredentialUse } from '../outgoing-auth/credential-header.js';
import { HeldTime } from './held-time.js';

/** What is noted of one call while it runs, for whoever wants to know afterwards. Nothing is decided by it. */
export class CallRecord implements CredentialUse {
  /** Absent where no trace is recorded. */
  span: ActiveSpan | undefined;
  /** Where the client names a trace, or one is recorded. */
  traceId: string | undefined;
  /** The backend's own name for what is called. */
  original: string | undefined;
  /** Of the backend, as it was spoken to last. */
  backendVersion: string | undefined;
  /** Of the last error that was the backend's response. */
  errorCode: number | undefined;
  /** The backend answered with an HTTP status that is an error. */
  wasRefused = false;
  /** The backend's result says that its tool failed (`isError`). */
  isToolError = false;
  /** Where the credential came from. */
  connection: ConnectionVersion | undefined;
  release: string | undefined;
  /** The policy that decided about the call; absent where none did. */
  policy: string | undefined;
  readonly held: HeldTime;

  /** @param receivedAtMs when the whole request was here, of `performance.now()`. */
  constructor(receivedAtMs: number = performance.now()) {
    this.held = new HeldTime(receivedAtMs);
  }

  routed({ original }: { readonly original: string | undefined }): void {
    this.original = original;
  }

  spokenTo(peer: Peer): void {
    this.backendVersion = peer.era === 'modern' ? 'modern' : peer.version;
  }
}
