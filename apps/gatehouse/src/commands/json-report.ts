import { Option } from 'commander';
import { Output } from '../output.js';
import type { Terminal, TextStream } from '../terminal.js';

export const jsonOption = (): Option =>
  new Option('--json', 'print what was done as JSON to standard output, everything else to standard error');

/** Where progress goes, and where the report for programs goes, if one is wanted. */
export const reportsTo = (
  { stdout, stderr, env }: Terminal,
  json: boolean,
): { readonly output: Output; readonly report: { readonly report?: TextStream } } =>
  json
    ? { output: new Output(stderr, env), report: { report: stdout } }
    : { output: new Output(stdout, env), report: {} };
