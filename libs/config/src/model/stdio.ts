import type { PartyEgress } from './egress-rules.js';

/** A backend that is a program: it speaks MCP on its standard input and output, and `gatehouse bridge` runs it. */
export interface StdioProgram<S> {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly secretEnv: ReadonlyMap<string, S>;
  /** Relative to the folder of the configuration; absent: that folder. */
  readonly cwd?: string;
  /** The variable that holds the token of the person whose session it is. Absent: the program gets none. */
  readonly tokenEnv?: string;
  readonly processes: ProcessLimits;
}

export interface ProcessLimits {
  readonly atOnce: number;
  readonly atOncePerPerson: number;
  /** Without a request for so long, a session ends, and its program with it. */
  readonly idleTimeoutMs: number;
  /** For the answer to `initialize`, and to a later sign of life. */
  readonly startTimeoutMs: number;
}

/** The process that runs the programs, as the proxy reaches it. */
export interface Bridge<S> extends PartyEgress<S> {
  /** Origin. */
  readonly url: string;
  /** By which the bridge knows the proxy. */
  readonly secret?: S;
  readonly allowWithoutSecret: boolean;
}

/** The MCP endpoint of one program at the bridge. */
export const bridgedUrl = ({ url }: Pick<Bridge<unknown>, 'url'>, backend: string): string =>
  `${url}${bridgedPath(backend)}`;

export const bridgedPath = (backend: string): string => `/${backend}/mcp`;
