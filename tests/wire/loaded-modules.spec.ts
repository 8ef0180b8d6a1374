import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SERVICES } from '@gatehouse/kernel/services';
import { inRepository } from '@gatehouse/testing/repository';
import { expect, test } from '@jest/globals';

/** Said when the process ends, so after it has loaded what it could and found no configuration. */
const SAY_LOADED = `data:text/javascript,process.on('exit', () => console.log(JSON.stringify(process.moduleLoadList)))`;

test.each(SERVICES)(
  '%s leaves out Node’s own fetch, which takes memory and which nobody there asks for',
  async (service) => {
    const args = [
      '--import',
      SAY_LOADED,
      inRepository(`apps/${service}/dist/main.js`),
      '--config',
      '/there/is/none',
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: {} }).catch(
      (error: unknown) => error as { stdout: string },
    );
    const loaded = JSON.parse(stdout) as string[];
    expect(loaded).toContain('NativeModule http');
    expect(loaded.filter((name) => name.includes('undici'))).toEqual([]);
  },
);
