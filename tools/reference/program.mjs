/** The programs as the compiler understands them: what a call calls, and which members an object has. */
import { join } from 'node:path';
import ts from 'typescript';
import { REPOSITORY } from '../set-up/repository.mjs';
import { programFiles } from './sources.mjs';

const FOLDERS = [
  'apps/authorization-server',
  'apps/token-vault',
  'apps/vmcp-proxy',
  'apps/gatehouse',
  'libs',
];
let made;

/** Made once: it takes some seconds. */
export function program() {
  made ??= build();
  return made;
}

function build() {
  const { config } = ts.readConfigFile(join(REPOSITORY, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, REPOSITORY);
  const paths = programFiles(FOLDERS).filter((path) => !path.startsWith('libs/testing/'));
  const compiled = ts.createProgram(
    paths.map((path) => join(REPOSITORY, path)),
    // Other projects are read as source, not as what was built of them.
    { ...options, composite: false, incremental: false, noEmit: true, customConditions: ['development'] },
  );
  const files = paths.map((path) => ({ path, file: compiled.getSourceFile(join(REPOSITORY, path)) }));
  return { checker: compiled.getTypeChecker(), files };
}
