import { PARTS, type IssuerName, type PartName } from '../parts.js';

export type IssuedKind = 'access_token' | 'refresh_token' | 'authorization_code' | 'id_token';

export interface Issued {
  readonly part: IssuerName;
  readonly kind: IssuedKind;
  readonly value: string;
  readonly issuedAtMs: number;
}

export type Era = 'legacy' | 'modern';

interface PartCounts {
  /** Requests by endpoint, those hit by a fault included. */
  readonly requests: Record<string, number>;
  /** Token requests by grant type, refused ones included. */
  readonly tokenRequests: Record<string, number>;
  /** Token requests that gave tokens, by grant type, even when the answer was lost on the way. */
  readonly redemptions: Record<string, number>;
  /** MCP messages by path, method and era. */
  readonly mcp: Record<string, Record<string, Record<Era, number>>>;
  /** MCP requests answered 401, by path. */
  readonly refused: Record<string, number>;
}

/** What the test control server knows: counts, and every value issued since the start. */
export class Ledger {
  #counts = freshCounts();
  readonly #issued: Issued[] = [];

  request(part: PartName, endpoint: string): void {
    increment(this.#counts[part].requests, endpoint);
  }

  tokenRequest(part: PartName, grantType: string): void {
    increment(this.#counts[part].tokenRequests, grantType);
  }

  redemption(part: PartName, grantType: string): void {
    increment(this.#counts[part].redemptions, grantType);
  }

  mcpMessage(part: PartName, path: string, method: string, era: Era): void {
    const methods = (this.#counts[part].mcp[path] ??= {});
    (methods[method] ??= { legacy: 0, modern: 0 })[era] += 1;
  }

  mcpRefused(part: PartName, path: string): void {
    increment(this.#counts[part].refused, path);
  }

  issue(part: IssuerName, kind: IssuedKind, value: unknown): void {
    if (typeof value === 'string') this.#issued.push({ part, kind, value, issuedAtMs: Date.now() });
  }

  get counts(): Readonly<Record<PartName, PartCounts>> {
    return this.#counts;
  }

  get issued(): readonly Issued[] {
    return this.#issued;
  }

  /** Counts start again; issued values stay, because scans for leaked values cover the whole life of the world. */
  resetCounts(): void {
    this.#counts = freshCounts();
  }
}

function increment(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

const freshCounts = (): Record<PartName, PartCounts> =>
  Object.fromEntries(
    PARTS.map((part) => [part, { requests: {}, tokenRequests: {}, redemptions: {}, mcp: {}, refused: {} }]),
  ) as Record<PartName, PartCounts>; // one entry per part by construction
