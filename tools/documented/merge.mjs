/**
 * A fragment put into a whole configuration, as a reader would do it. Fields of a block join those that are there. An
 * entry of a list with a `name` takes the place of the entry of that name, or comes last. Any other list replaces.
 */
function merged(base, fragment) {
  if (isRecord(base) && isRecord(fragment)) {
    const all = { ...base };
    for (const [key, value] of Object.entries(fragment))
      all[key] = Object.hasOwn(base, key) ? merged(base[key], value) : value;
    return all;
  }
  return isNamedList(base) && isNamedList(fragment) ? namedTogether(base, fragment) : fragment;
}

/**
 * The fragment below a path: `authServer.upstreamProviders`, or `backends.tickets`, where a list is entered by a name.
 * @returns {unknown} undefined where the path leads nowhere
 */
export function mergedAt(base, path, fragment) {
  const [step, ...rest] = path;
  if (step === undefined) return merged(base, fragment);
  if (Array.isArray(base)) {
    const at = base.findIndex((entry) => isRecord(entry) && entry.name === step);
    if (at === -1) return undefined;
    const below = mergedAt(base[at], rest, fragment);
    return below === undefined ? undefined : base.with(at, below);
  }
  if (!isRecord(base)) return undefined;
  const below = Object.hasOwn(base, step)
    ? mergedAt(base[step], rest, fragment)
    : rest.reduceRight((inner, key) => ({ [key]: inner }), fragment);
  return below === undefined ? undefined : { ...base, [step]: below };
}

function namedTogether(base, fragment) {
  const all = [...base];
  for (const entry of fragment) {
    const at = all.findIndex(({ name }) => name === entry.name);
    if (at === -1) all.push(entry);
    else all[at] = entry;
  }
  return all;
}

const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNamedList = (value) =>
  Array.isArray(value) && value.every((entry) => isRecord(entry) && typeof entry.name === 'string');
