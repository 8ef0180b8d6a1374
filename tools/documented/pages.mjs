/** The pages that are kept true: what people read before and while they use Gatehouse. */
import { filesBelow } from '../checks/files.mjs';

/** It tells what once was. */
const HISTORY = 'CHANGELOG.md';

export const pages = () =>
  filesBelow(['.'], '.md').filter(
    (path) =>
      (!path.includes('/') && path !== HISTORY) ||
      path.startsWith('docs/') ||
      (path.startsWith('examples/') && path.endsWith('/README.md')),
  );
