/** What a call carries, and what it is answered. */
export interface Shape {
  readonly name: string;
  readonly connections: number;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The caller wants to hear of progress. */
  readonly progress?: true;
}

const LINE = 'A line of a document that somebody sends, with a "word" in it and its end.\n';
const RECORD = { name: 'a record', ok: true, price: 1.5, tags: ['a', 'b'] };

/** As tools get them: half of the bytes are a text of several lines, half are records. */
function argumentsOf(byteCount: number): Readonly<Record<string, unknown>> {
  const half = byteCount / 2;
  const records = Array.from({ length: Math.ceil(half / 68) }, (_, id) => ({ id: 10_000 + id, ...RECORD }));
  return {
    text: 'bench',
    document: LINE.repeat(Math.ceil(half / (JSON.stringify(LINE).length - 2))),
    records,
  };
}

const KIB = 1_024;

export const SMALL: Shape = { name: '0.3 KB', connections: 32, arguments: { text: 'bench' } };
export const ALONE: Shape = { ...SMALL, name: '0.3 KB, alone', connections: 1 };
/** With 32 connections each, but for the largest: the sender would need more of the machine than what it measures. */
export const LARGER: readonly Shape[] = [
  { name: '6 KB of arguments', connections: 32, arguments: argumentsOf(6 * KIB) },
  { name: '64 KB of arguments', connections: 32, arguments: argumentsOf(64 * KIB) },
  { name: 'result of 64 KB', connections: 32, arguments: { text: 'bench', resultBytes: 64 * KIB } },
  { name: 'result of 1 MB', connections: 8, arguments: { text: 'bench', resultBytes: KIB * KIB } },
  { name: 'event stream', connections: 32, arguments: { text: 'bench', as: 'stream' }, progress: true },
];
