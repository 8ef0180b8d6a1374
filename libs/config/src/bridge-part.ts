import type { Secret } from '@gatehouse/kernel/secret';
import { programBindingIn } from './backend-bindings.js';
import type { GatehouseModel } from './model/gatehouse-model.js';
import type { ListenAddress } from './model/listen-addresses.js';
import type { StdioProgram } from './model/stdio.js';

export interface BridgedBackend extends StdioProgram<Secret> {
  readonly name: string;
  /** {@link programBindingIn}: the proxy has to mean the same. */
  readonly program: string;
  /** For any call in all, of whichever tool; the proxy gives up no later, unless a person was asked something. */
  readonly callTimeoutMs: number;
}

/** What the bridge may see: its programs, what is theirs, and how it knows the proxy. */
export interface BridgePart {
  readonly listen: ListenAddress;
  /** Where the proxy reaches it. */
  readonly url: string;
  /** Absent: everybody who reaches it is taken for the proxy. */
  readonly secret?: Secret;
  readonly backends: readonly BridgedBackend[];
  /** Of one message of the proxy. */
  readonly messageBytes: number;
  readonly shutdownTimeoutMs: number;
}

/** What the bridge exchanges while it runs. The model must have been loaded for it. */
export const bridgedBackends = (model: GatehouseModel): readonly BridgedBackend[] =>
  model.backends.flatMap((backend) => {
    const { name, stdio, maxTimeoutMs, toolTimeouts } = backend;
    if (stdio === undefined) return [];
    return [
      {
        ...stdio,
        name,
        program: programBindingIn(model, backend, stdio),
        callTimeoutMs: Math.max(maxTimeoutMs, ...toolTimeouts.map((own) => own.maxTimeoutMs)),
        secretEnv: new Map([...stdio.secretEnv].map(([variable, { secret }]) => [variable, secret])),
      },
    ];
  });

/** The bridge's part. The model must have been loaded for it. */
export const bridgePart = (model: GatehouseModel): BridgePart => ({
  listen: model.listen.bridge,
  url: model.bridge.url,
  ...(model.bridge.secret === undefined ? {} : { secret: model.bridge.secret.secret }),
  backends: bridgedBackends(model),
  messageBytes: model.limits.requestBytes,
  shutdownTimeoutMs: model.shutdownTimeoutMs,
});
