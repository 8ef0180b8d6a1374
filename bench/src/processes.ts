import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** User and system time of a process, all threads; the kernel counts in ticks of 10 ms (proc(5)). */
export const cpuMicros = (pid: number): number => micros(pid, ['user', 'system']);

/** The same, with what its children had used when they ended. */
export const cpuMicrosWithEnded = (pid: number): number =>
  micros(pid, ['user', 'system', 'userOfEnded', 'systemOfEnded']);

/** Where times stand behind the name (proc(5), stat). */
const AT = { user: 11, system: 12, userOfEnded: 13, systemOfEnded: 14 } as const;

function micros(pid: number, times: readonly (keyof typeof AT)[]): number {
  const fields = statusFile(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return times.reduce((sum, time) => sum + Number(fields[AT[time]]) * 10_000, 0);
}

/** Processes of that name that this one has started, or what it has started. */
export function startedPrograms(name: string): readonly number[] {
  const all = new Map(readdirSync('/proc').flatMap(nameAndParentOf));
  const isBelow = (pid: number): boolean => {
    const parent = all.get(pid)?.parent ?? 0;
    return parent === process.pid || (parent > 1 && isBelow(parent));
  };
  return [...all].filter(([pid, one]) => one.name === name && isBelow(pid)).map(([pid]) => pid);
}

function nameAndParentOf(
  entry: string,
): readonly (readonly [number, { readonly name: string; readonly parent: number }])[] {
  if (!/^\d+$/.test(entry)) return [];
  try {
    const [, name = '', parent] = /^\d+ \((.*)\) \S (\d+) /s.exec(statusFile(Number(entry), 'stat')) ?? [];
    return [[Number(entry), { name, parent: Number(parent) }]];
  } catch {
    // It has ended since.
    return [];
  }
}

export const rssMiB = (pid: number): number => kibOf(pid, 'VmRSS') / 1_024;

/** The most memory that a process has had since {@link forgetPeak}. */
export const peakMiB = (pid: number): number => kibOf(pid, 'VmHWM') / 1_024;

/** The peak counts from now on (proc(5), clear_refs). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

const kibOf = (pid: number, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(statusFile(pid, 'status'))?.[1]);

const statusFile = (pid: number, name: string): string => readFileSync(`/proc/${pid}/${name}`, 'utf8');
