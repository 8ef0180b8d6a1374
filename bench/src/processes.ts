import { readFileSync, writeFileSync } from 'node:fs';

/** User and system time of a process, all threads; the kernel counts in ticks of 10 ms (proc(5)). */
export function cpuMicros(pid: number): number {
  const fields = statusFile(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
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
