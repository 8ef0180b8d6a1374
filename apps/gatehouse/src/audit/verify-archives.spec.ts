import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Secret } from '@gatehouse/kernel/secret';
import { CHAIN_START } from '@gatehouse/persistence/custody-log/custody-entry';
import { CustodyKeyring } from '@gatehouse/persistence/custody-log/custody-key';
import { ARCHIVE_FORMAT, ARCHIVES_START, type Manifest } from '@gatehouse/persistence/custody-log/manifest';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readLines } from './archive-files.js';
import { contentFindings, sequenceFindings } from './verify-archives.js';

const CHAIN = randomUUID();

/** The archive of that number, which follows the one before; the chain has one entry in each. */
const archive = (number: number, changed: Partial<Manifest> = {}): Manifest => ({
  format: ARCHIVE_FORMAT,
  number,
  previous: number === 1 ? ARCHIVES_START : `mac ${number - 1}`,
  partition: `custody_log_${number}`,
  from: null,
  to: '2026-11-27T00:00:00Z',
  file: `custody_log_${number}.jsonl.gz`,
  bytes: 0,
  sha256: 'x',
  linesSha256: 'x',
  entries: 1,
  chains: [
    {
      replicaId: CHAIN,
      first: number,
      last: number,
      previousHash: number === 1 ? CHAIN_START : `hash ${number - 1}`,
      hash: `hash ${number}`,
    },
  ],
  keyId: 'a',
  mac: `mac ${number}`,
  ...changed,
});
const [one, two, three] = [archive(1), archive(2), archive(3)];

describe('archives in their order', () => {
  test.each([
    ['from the first one', [one, two, three], { first: 1, last: 3 }],
    ['from one in between: what was before it is somewhere else', [two, three], { first: 2, last: 3 }],
    ['with earlier ones that nobody asked about', [one, two, three], { first: 2, last: 0 }],
    ['none at all, and none expected', [], { first: 1, last: 0 }],
  ])('%s: nothing is wrong', (_, manifests, expected) => {
    expect(sequenceFindings(manifests, expected)).toEqual([]);
  });

  test.each([
    [
      'one in between is missing, and with it an entry of the chain',
      [one, three],
      { first: 1, last: 3 },
      ['archive 2: missing', `archive 3 (custody_log_3): chain ${CHAIN} does not go on at 2`],
    ],
    ['several at the end are missing', [one], { first: 1, last: 3 }, ['archives 2 to 3: missing']],
    ['all are missing', [], { first: 1, last: 2 }, ['archives 1 to 2: missing']],
    [
      'one follows another than the one before it',
      [one, archive(2, { previous: 'another' })],
      { first: 1, last: 2 },
      ['archive 2 (custody_log_2): does not follow archive 1'],
    ],
    [
      'a chain has lost an entry between two archives',
      [one, archive(2, { chains: archive(3).chains })],
      { first: 1, last: 2 },
      [`archive 2 (custody_log_2): chain ${CHAIN} does not go on at 2`],
    ],
    [
      'the first archive of all begins in the middle of a chain',
      [archive(1, { chains: two.chains })],
      { first: 1, last: 1 },
      [`archive 1 (custody_log_1): chain ${CHAIN} does not go on at 1`],
    ],
  ])('attack: %s', (_, manifests, expected, findings) => {
    expect(sequenceFindings(manifests, expected).map(({ where, what }) => `${where}: ${what}`)).toEqual(
      findings,
    );
  });
});

describe('the file of an archive', () => {
  const keys = new CustodyKeyring([{ id: 'a', key: new Secret(Buffer.alloc(32).toString('base64url')) }]);
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-archives-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function found(lines: string): Promise<readonly string[]> {
    const bytes = gzipSync(lines);
    await writeFile(join(folder, one.file), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('base64url');
    const findings = await contentFindings(
      { folder, manifest: { ...one, bytes: bytes.length, sha256 } },
      keys,
    );
    return findings.map(({ what }) => what);
  }

  test('that is not there is missing', async () => {
    expect(await contentFindings({ folder, manifest: two }, keys)).toMatchObject([{ what: 'missing' }]);
  });

  test('attack: lines that are no entries are named, the first of them', async () => {
    expect(await found('{}\nnothing\n')).toContain('line 1 is not an entry');
  });

  test('attack: a line without an end is not read to its end', async () => {
    await writeFile(join(folder, 'long.jsonl.gz'), gzipSync(Buffer.alloc(8 * 1_048_576, 'x')));
    const lines: string[] = [];
    expect(await readLines(folder, 'long.jsonl.gz', (line) => lines.push(line))).toEqual({
      kind: 'unreadable',
    });
    expect(lines).toEqual([]);
  });

  test('a last line without its line feed is a line', async () => {
    await writeFile(join(folder, 'cut.jsonl.gz'), gzipSync('a\nb'));
    const lines: string[] = [];
    expect(await readLines(folder, 'cut.jsonl.gz', (line) => lines.push(line))).toMatchObject({
      kind: 'read',
    });
    expect(lines).toEqual(['a', 'b']);
  });
});
