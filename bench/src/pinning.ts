import { execFileSync } from 'node:child_process';

/** All threads of the process run on these cores from now on (`0`, `0,1`, `2-3`). @throws where taskset cannot do it. */
export function pin(pid: number, cores: string): void {
  execFileSync('taskset', ['-a', '-p', '-c', cores, String(pid)], { stdio: 'ignore' });
}

export function childrenOf(pid: number): readonly number[] {
  try {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
      .map(Number);
  } catch {
    // It has none.
    return [];
  }
}
