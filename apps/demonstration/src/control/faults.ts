import { PARTS, type PartName } from '../parts.js';
import { z } from 'zod';

const ENDPOINTS = [
  'authorization',
  'token',
  'userinfo',
  'jwks',
  'discovery',
  'introspection',
  'revocation',
  'mcp',
] as const;

export type EndpointName = (typeof ENDPOINTS)[number];

/**
 * How an endpoint misbehaves. `deny`: the authorization endpoint redirects back with access_denied, userinfo and mcp answer
 * 401. `drop_after`: the request is carried out for real and its answer is lost. `hold`: the request is carried out when
 * the fault is taken away.
 */
const FAULT_MODES = [
  'deny',
  'status500',
  'garbage',
  'hang',
  'hold',
  'invalid_grant',
  'delay',
  'drop_after',
] as const;

type FaultMode = (typeof FAULT_MODES)[number];

const MAY_DENY: readonly EndpointName[] = ['authorization', 'userinfo', 'mcp'];

const ENDPOINTS_OF: Readonly<Record<PartName, readonly EndpointName[]>> = {
  'acme-sso': ['authorization', 'token', 'userinfo', 'jwks', 'discovery', 'revocation'],
  octo: ['authorization', 'token', 'userinfo', 'introspection', 'revocation'],
  sts: ['token', 'jwks'],
  repos: ['mcp'],
  tickets: ['mcp'],
};

/** What `POST /faults` takes. `times` left out: until removed. */
export const faultOrder = z
  .strictObject({
    part: z.enum(PARTS),
    endpoint: z.enum(ENDPOINTS),
    mode: z.enum(['none', ...FAULT_MODES]),
    times: z.int().min(1).max(1_000_000).optional(),
    delayMs: z.int().min(0).max(600_000).default(1_000),
    /** Only this path of an mcp fault, `/self/mcp` for example. */
    path: z.string().optional(),
    /** Only this JSON-RPC method of an mcp fault. */
    rpcMethod: z.string().optional(),
  })
  .refine((order) => ENDPOINTS_OF[order.part].includes(order.endpoint), 'that part has no such endpoint')
  .refine((order) => order.mode !== 'deny' || MAY_DENY.includes(order.endpoint), 'that endpoint cannot deny')
  .refine(
    (order) => order.mode !== 'invalid_grant' || order.endpoint === 'token',
    'only a token endpoint can answer invalid_grant',
  )
  .refine(
    (order) => order.endpoint === 'mcp' || (order.path === undefined && order.rpcMethod === undefined),
    'path and rpcMethod narrow mcp faults only',
  );

export type FaultOrder = z.infer<typeof faultOrder>;

export interface Fault extends FaultOrder {
  readonly mode: FaultMode;
}

/** A fault that hits a request, and when that fault was taken away. */
export interface FaultInForce extends Fault {
  readonly lifted: Promise<void>;
}

/** What a request is, as far as faults are concerned. */
export interface FaultTarget {
  readonly part: PartName;
  readonly endpoint: EndpointName;
  readonly path?: string | undefined;
  readonly rpcMethod?: string | undefined;
}

/** The faults in force: one per part, endpoint, path and method. */
export class FaultBoard {
  readonly #faults = new Map<string, { fault: Fault; left: number }>();
  readonly #inForce = new Map<string, PromiseWithResolvers<void>>();

  /** Puts a fault in force, or takes it away with mode `none`. */
  set(order: FaultOrder): void {
    const key = [order.part, order.endpoint, order.path ?? '', order.rpcMethod ?? ''].join(' ');
    this.#lift(key);
    if (order.mode === 'none') this.#faults.delete(key);
    else
      this.#faults.set(key, {
        fault: { ...order, mode: order.mode },
        left: order.times ?? Number.POSITIVE_INFINITY,
      });
  }

  /** The fault that hits this request, counted as used. */
  take(target: FaultTarget): FaultInForce | undefined {
    for (const [key, entry] of this.#faults) {
      if (!hits(entry.fault, target)) continue;
      entry.left -= 1;
      if (entry.left <= 0) this.#faults.delete(key);
      const inForce: PromiseWithResolvers<void> = this.#inForce.get(key) ?? Promise.withResolvers();
      this.#inForce.set(key, inForce);
      return { ...entry.fault, lifted: inForce.promise };
    }
    return undefined;
  }

  list(): readonly Fault[] {
    return [...this.#faults.values()].map(({ fault, left }) =>
      Number.isFinite(left) ? { ...fault, times: left } : fault,
    );
  }

  clear(): void {
    this.#faults.clear();
    for (const key of this.#inForce.keys()) this.#lift(key);
  }

  #lift(key: string): void {
    this.#inForce.get(key)?.resolve();
    this.#inForce.delete(key);
  }
}

const hits = (fault: Fault, target: FaultTarget): boolean =>
  fault.part === target.part &&
  fault.endpoint === target.endpoint &&
  (fault.path === undefined || fault.path === target.path) &&
  (fault.rpcMethod === undefined || fault.rpcMethod === target.rpcMethod);
