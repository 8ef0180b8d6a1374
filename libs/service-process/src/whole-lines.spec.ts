import { PassThrough, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { until } from '@gatehouse/testing/until';
import { describe, expect, test } from '@jest/globals';
import { WholeLines } from './whole-lines.js';

/** What was written at once, in order. */
class Kept extends Writable {
  readonly writes: string[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk.toString());
    done();
  }
}

describe('what several processes write', () => {
  test('comes in whole lines, whoever writes in between', async () => {
    const to = new Kept();
    const lines = new WholeLines(to);
    const [one, other] = [new PassThrough(), new PassThrough()];
    lines.from(one);
    lines.from(other);
    one.write('first ha');
    one.write('lf of o');
    other.write('a line of the other\nand more');
    one.write('ne\nnext');
    await until(() => to.writes.join('').includes('first half of one\n'));
    one.end();
    other.end('\n');
    await Promise.all([finished(one), finished(other)]);
    await until(() => to.writes.length >= 4);
    expect(to.writes.join('').split('\n').sort()).toEqual(
      ['', 'a line of the other', 'and more', 'first half of one', 'next'].sort(),
    );
    for (const written of to.writes) expect(written.endsWith('\n')).toBe(true);
  });

  test('attack: a line without an end is cut, and holds no memory', async () => {
    const to = new Kept();
    const source = new PassThrough();
    new WholeLines(to).from(source);
    source.write(Buffer.alloc(1_048_577, 'x'));
    await until(() => to.writes.length === 1);
    expect(to.writes[0]).toHaveLength(1_048_578);
    expect(to.writes[0]?.endsWith('\n')).toBe(true);
  });

  test('a reader that is late holds up the writer, until it has caught up', async () => {
    let goOn: () => void = () => undefined;
    const to = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => {
        goOn = done;
      },
    });
    const source = new PassThrough();
    new WholeLines(to).from(source);
    source.write('a line\n');
    await until(() => source.isPaused());
    goOn();
    await until(() => !source.isPaused());
  });

  test('where its reader is gone, the writers go on', async () => {
    const to = new Writable({
      highWaterMark: 1,
      autoDestroy: false,
      write: (_chunk, _encoding, done) => done(new Error('its reader is gone')),
    });
    const source = new PassThrough();
    new WholeLines(to).from(source);
    source.write('a line\n');
    await until(() => !source.isPaused());
    source.end();
    await finished(source);
  });
});
