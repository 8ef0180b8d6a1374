#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  console.error('gatehouse: not built yet. `npm start` sets the checkout up; `npm run build` only builds.');
  process.exitCode = 1;
}
