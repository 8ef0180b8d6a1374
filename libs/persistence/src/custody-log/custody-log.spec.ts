import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChainWalk } from './chain-walk.js';
import { CHAIN_START, type CustodyEntry } from './custody-entry.js';
import { CustodyKey, CustodyKeyring } from './custody-key.js';
import { entryLine, readEntryLine } from './entry-lines.js';
import { ARCHIVE_FORMAT, readManifest, signManifest, writeManifest, type Manifest } from './manifest.js';

const KEY = randomBytes(32).toString('base64url');
const key = new CustodyKey('test', KEY);
const keys = new CustodyKeyring([{ id: 'test', key: { reveal: () => KEY } }]);

const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((value) => value.isWellFormed());
const release = fc.record({
  at: fc.date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
  kind: fc.constantFrom('inject', 'exchange'),
  tsid: fc.uuid(),
  accountId: fc.uuid(),
  backend: text,
  provider: fc.option(text),
  connectionId: fc.option(fc.uuid()),
  fingerprint: text,
});

/** Chains of several replicas, each in order. */
const chains = fc
  .array(fc.tuple(fc.uuid(), fc.array(release, { minLength: 1, maxLength: 8 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((all) =>
    [...new Map(all)].map(([replicaId, releases]) => {
      let previousHash = CHAIN_START;
      return releases.map((one, index): CustodyEntry => {
        const entry = { ...one, replicaId, sequence: index + 1, keyId: key.id, previousHash };
        previousHash = key.hash(entry);
        return { ...entry, hash: previousHash };
      });
    }),
  );

const walked = (entries: readonly CustodyEntry[], walk = new ChainWalk(keys)) => {
  for (const entry of entries) walk.take(entry);
  return walk;
};

describe('the custody log as text', () => {
  test('an entry reads back as it was, and is one line', () => {
    fc.assert(
      fc.property(chains, (all) => {
        for (const entry of all.flat()) {
          const line = entryLine(entry);
          expect(line).not.toContain('\n');
          expect(readEntryLine(line)).toEqual(entry);
        }
      }),
    );
  });

  test('what is no entry is read as none', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => readEntryLine(line) === undefined));
  });

  const manifest = fc
    .record({
      number: fc.integer({ min: 1 }),
      previous: fc.stringMatching(/^\w{1,43}$/),
      bytes: fc.nat(),
      entries: fc.nat(),
    })
    .map((fields): Manifest =>
      signManifest(
        {
          ...fields,
          format: ARCHIVE_FORMAT,
          partition: 'custody_log_20261126',
          from: null,
          to: '2026-11-27T00:00:00.000Z',
          file: 'custody_log_20261126.jsonl.gz',
          sha256: 'a',
          linesSha256: 'b',
          chains: [],
        },
        key,
      ),
    );

  test('a manifest reads back as it was, also when somebody laid its text out anew', () => {
    fc.assert(
      fc.property(manifest, (written) => {
        const read = { ok: true, manifest: written };
        expect(readManifest(writeManifest(written), keys)).toEqual(read);
        const reversed = Object.fromEntries(Object.entries(written).reverse());
        expect(readManifest(JSON.stringify(reversed), keys)).toEqual(read);
      }),
    );
  });

  test('a manifest with any value changed is found', () => {
    const names = fc.constantFrom<keyof Manifest>(
      'number',
      'previous',
      'from',
      'to',
      'sha256',
      'linesSha256',
      'entries',
      'chains',
      'mac',
      'keyId',
    );
    fc.assert(
      fc.property(
        manifest,
        names,
        fc.oneof(fc.nat(), fc.string(), fc.constant(null)),
        (written, name, value) => {
          fc.pre(JSON.stringify(value) !== JSON.stringify(written[name]));
          expect(readManifest(JSON.stringify({ ...written, [name]: value }), keys).ok).toBe(false);
        },
      ),
    );
  });
});

describe('walking the chains', () => {
  test('in several stretches ends where one walk ends, and finds nothing in what was written', () => {
    fc.assert(
      fc.property(chains, fc.nat(), (all, cut) => {
        const entries = all.flat();
        const whole = walked(entries);
        const middle = cut % (entries.length + 1);
        const first = walked(entries.slice(0, middle));
        const second = walked(entries.slice(middle), new ChainWalk(keys, first.heads));
        expect(whole.findings).toEqual([]);
        expect(second.findings).toEqual([]);
        expect(second.heads).toEqual(whole.heads);
        expect(first.entries + second.entries).toBe(entries.length);
      }),
    );
  });

  test('finds an entry that was removed, doubled, moved or changed, whichever it was', () => {
    const tampering = fc.constantFrom('remove', 'double', 'swap', 'change');
    fc.assert(
      fc.property(chains, fc.nat(), tampering, (all, at, how) => {
        const entries = [...all.flat()];
        const index = at % entries.length;
        const entry = entries[index];
        const next = entries[index + 1];
        // The end of a chain can be lost unseen; its head, which was logged, shows that.
        const isLast = next?.replicaId !== entry?.replicaId;
        fc.pre(entry !== undefined && !(isLast && (how === 'remove' || how === 'swap')));
        if (how === 'remove') entries.splice(index, 1);
        else if (how === 'double') entries.splice(index, 0, entry);
        else if (how === 'change') entries[index] = { ...entry, backend: `${entry.backend}x` };
        else entries.splice(index, 2, ...[next ?? entry, entry]);
        expect(walked(entries).findings).toMatchObject([{ replicaId: entry.replicaId }]);
      }),
    );
  });
});
