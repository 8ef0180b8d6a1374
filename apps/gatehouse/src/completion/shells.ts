/** Scripts that complete what is typed, each in the words of its shell. */
import type { CompletionPlace } from './completion-table.js';

export type Shell = 'bash' | 'zsh' | 'fish';

/** One word for a shell, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

const withValue = (places: readonly CompletionPlace[]) =>
  places.flatMap(({ at, options }) =>
    options.filter(({ takesValue }) => takesValue).map((option) => ({ at, ...option })),
  );

/** Patterns of `case` for where the words lead that were typed before. */
const known = (places: readonly CompletionPlace[]): string =>
  places.flatMap(({ at }) => (at === '' ? [] : [quoted(at)])).join('|');

function bash(places: readonly CompletionPlace[]): string {
  const words = places.map(({ at, commands, options, choices }) => {
    const all = [...commands.map(({ name }) => name), ...choices, ...options.map(({ name }) => name)];
    return `    ${quoted(at)}) words=${quoted(all.join(' '))} ;;`;
  });
  const values = withValue(places).map(
    ({ at, name, choices }) => `    ${quoted(`${at} ${name}`)}) words=${quoted(choices.join(' '))} ;;`,
  );
  return `# Completion of gatehouse in bash: source <(gatehouse completion bash)
_gatehouse() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" at='' next='' words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    next="\${at:+$at }\${COMP_WORDS[index]}"
    case "$next" in ${known(places)}) at="$next" ;; esac
  done
  case "$at" in
${words.join('\n')}
  esac
  # The value of an option; none is known: a file.
  case "$at $previous" in
${values.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o bashdefault -o default -F _gatehouse gatehouse
`;
}

function zsh(places: readonly CompletionPlace[]): string {
  const described = ({ name, about }: { readonly name: string; readonly about: string }): string =>
    quoted(`${name.replaceAll(':', '\\:')}:${oneLine(about)}`);
  const words = places.map(({ at, commands, options, choices, takesArgument }) => {
    const all = [...commands, ...choices.map((name) => ({ name, about: '' })), ...options];
    return `    ${quoted(at)}) found=(${all.map(described).join(' ')}); files=${takesArgument ? '1' : '0'} ;;`;
  });
  const values = withValue(places).map(
    ({ at, name, choices }) =>
      `    ${quoted(`${at} ${name}`)}) found=(${choices.map(quoted).join(' ')}); files=${choices.length === 0 ? '1' : '0'} ;;`,
  );
  return `#compdef gatehouse
# Completion of gatehouse in zsh: source <(gatehouse completion zsh), or as a file _gatehouse on fpath
_gatehouse() {
  local at='' next='' files=0
  local -i index
  local -a found
  for ((index = 2; index < CURRENT; index++)); do
    next="\${at:+$at }\${words[index]}"
    case "$next" in (${known(places)}) at="$next" ;; esac
  done
  case "$at" in
${words.join('\n')}
  esac
  case "$at \${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  (( \${#found} )) && _describe gatehouse found
  (( files )) && _files
}
if [[ "\${funcstack[1]}" = _gatehouse ]]; then _gatehouse "$@"; else compdef _gatehouse gatehouse; fi
`;
}

function fish(places: readonly CompletionPlace[]): string {
  const lines = places.flatMap(({ at, commands, options, choices, takesArgument }) => {
    const start = `complete -c gatehouse -n ${quoted(`__gatehouse_at ${quoted(at)}`)}`;
    return [
      ...(takesArgument && choices.length === 0 ? [] : [`${start} -f`]),
      ...commands.map(({ name, about }) => `${start} -f -a ${quoted(name)} -d ${quoted(oneLine(about))}`),
      ...choices.map((name) => `${start} -f -a ${quoted(name)}`),
      ...options.map(({ name, about, takesValue, choices: values }) =>
        [
          `${start} -l ${quoted(name.replace(/^--/, ''))} -d ${quoted(oneLine(about))}`,
          ...(takesValue ? [values.length === 0 ? '-r -F' : `-x -a ${quoted(values.join(' '))}`] : []),
        ].join(' '),
      ),
    ];
  });
  const names = places.flatMap(({ at }) => (at === '' ? [] : [quoted(at)]));
  return `# Completion of gatehouse in fish: gatehouse completion fish | source
function __gatehouse_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$at $word")
    contains -- "$next" ${names.join(' ')}; and set at "$next"
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}

const SCRIPTS: Readonly<Record<Shell, (places: readonly CompletionPlace[]) => string>> = { bash, zsh, fish };

export const completionScript = (shell: Shell, places: readonly CompletionPlace[]): string =>
  SCRIPTS[shell](places);
