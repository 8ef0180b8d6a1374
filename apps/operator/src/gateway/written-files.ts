/**
 * What a service's Secret has next. A file that the new configuration does not name stays for a while: the kubelet brings Secret and
 * configuration one after the other, and a service that starts meanwhile has the earlier configuration.
 */
export function nextFiles(
  there: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  sinceWrittenMs: number,
): Readonly<Record<string, string>> {
  return sinceWrittenMs < KEPT_MS ? { ...there, ...wanted } : wanted;
}

/** Kubelets bring a change within two minutes. */
export const KEPT_MS = 600_000;
