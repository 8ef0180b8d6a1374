import { createRequire } from 'node:module';

export type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');

const loaded: { cedar?: Cedar } = {};

/** The policy engine. It is some megabytes of code, so that nobody loads it who has no policies. */
export function cedar(): Cedar {
  // The package has no ES module for Node, and its types are those of what it exports.
  loaded.cedar ??= createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as Cedar;
  return loaded.cedar;
}

export type { CedarValueJson, EntityJson, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
