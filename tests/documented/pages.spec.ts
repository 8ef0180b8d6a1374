import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const RUN = inRepository('tools/documented/run.mjs');
const PAGES = execFileSync(process.execPath, [RUN, '--list'], { encoding: 'utf8' }).trim().split('\n');

/** What the run of a page complains about; nothing where the page is true. */
const complaintsAbout = async (page: string): Promise<string> =>
  await new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    execFile(process.execPath, [RUN, page], { env }, (error, stdout, stderr) => {
      resolve(error === null ? stdout : `${stdout}${stderr}`);
    });
  });

describe('what a page shows happens when its commands are run in order', () => {
  test.each(PAGES)('%s', async (page) => {
    expect(await complaintsAbout(page)).toBe('');
  });
});

describe('a page that is stale is found', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-planted-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const block = (language: string, text: string, marker?: string) =>
    `${marker === undefined ? '' : `<!-- documented: ${marker} -->\n\n`}\`\`\`${language}\n${text}\n\`\`\`\n`;
  const complaintsAboutText = async (...blocks: string[]) => {
    const page = join(folder, 'page.md');
    await writeFile(page, `# Planted\n\n${blocks.join('\n')}`);
    return await complaintsAbout(page);
  };
  const validate = 'npx gatehouse validate examples/demonstration/gatehouse.yaml';

  test('a command that works, output that comes, variables and folders that last, files that the page shows', async () => {
    const complaints = await complaintsAboutText(
      block('sh', validate),
      block('text', 'examples/demonstration/gatehouse.yaml is valid: gateway "…", 2 providers, …', 'output'),
      block('yaml', 'planted: true', 'file planted/file.yaml'),
      block('sh', 'export WORD=planted\ncd planted'),
      block('sh', 'cat file.yaml && echo "$WORD is known"'),
      block('text', 'planted: true\n…\nplanted is known', 'output'),
      block('sh', 'npx gatehouse validate gone.yaml', 'ends with 66'),
      block('sh', 'exit 1', 'not run, it is planted'),
    );
    expect(complaints).toBe('');
  });

  test('a command that fails', async () => {
    expect(await complaintsAboutText(block('sh', 'npx gatehouse validate gone.yaml'))).toContain(
      'ended with 66, not 0',
    );
  });

  test('a command that fails, followed by one that does not', async () => {
    expect(await complaintsAboutText(block('sh', 'false\ntrue'))).toContain('ended with 1, not 0');
  });

  test('a command that should fail and does not', async () => {
    expect(await complaintsAboutText(block('sh', 'true', 'ends with 78'))).toContain('ended with 0, not 78');
  });

  test('a line of the output that is another one now', async () => {
    expect(
      await complaintsAboutText(block('sh', validate), block('text', '… 3 providers, …', 'output')),
    ).toContain('this was not printed: … 3 providers, …');
  });

  test('lines of the output in another order', async () => {
    expect(
      await complaintsAboutText(block('sh', 'printf "a\\nb\\n"'), block('text', 'b\na', 'output')),
    ).toContain('this was not printed: a');
  });

  test('a program that ends before it says what the page waits for', async () => {
    expect(await complaintsAboutText(block('sh', validate, 'stays up until "Running"'))).toContain(
      '"Running" was never printed',
    );
  });
});
