import { fromManifests } from './from-manifests/from-manifests.js';
import { holdsObjects, type SourceFile } from './from-manifests/read-manifests.js';
import type { Path } from './findings/path.js';
import { renderPath, type Finding, type Problem } from './findings/problems.js';
import type { SecretReader } from './secrets/secret-references.js';
import { readYaml } from './yaml/yaml-document.js';

/** What the configuration is written in: a `gatehouse.yaml`, or manifests in one file or in several. */
export interface ConfigurationText {
  /** Names it in problems; relative paths in it start at its folder. */
  readonly document: string;
  readonly text: string;
  /** The files of a folder; left out, `text` is all there is. */
  readonly files?: readonly SourceFile[];
  /** Of several VirtualMCPServers the one that this gateway is: `name` or `namespace/name`. */
  readonly virtualServer?: string | undefined;
  /** The reader of secrets has what is in Secrets and ConfigMaps among the manifests, too, and hears of each reference to them. */
  readonly readerHasAll?: boolean;
}

/** The configuration in the native form, however it is written. */
export interface WrittenDocument {
  readonly form: 'native' | 'manifests';
  /** Absent: nothing could be read. */
  readonly value?: unknown;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Places of fields that misspelled ones were probably meant to be. */
  readonly meant: readonly Problem[];
  /** Places of `value` that are reported already, where the configuration is written in another form. */
  readonly wrong: readonly Path[];
  readonly problem: (finding: Finding) => Problem;
  readonly readerOf: (mounted: SecretReader) => SecretReader;
  /** `Kind/name` of the manifests that the gateway is made of. */
  readonly used: readonly string[];
}

/** A configuration is written by hand; anything larger is not one. */
const MAX_TEXT_LENGTH = 1024 * 1024;
const MAX_FILES_LENGTH = 8 * MAX_TEXT_LENGTH;

export function readDocument(configuration: ConfigurationText): WrittenDocument {
  const { document, text } = configuration;
  const files = configuration.files ?? [{ document, text }];
  const length = files.reduce((sum, file) => sum + file.text.length, 0);
  if (files.some((file) => file.text.length > MAX_TEXT_LENGTH) || length > MAX_FILES_LENGTH)
    return unreadable([{ document, path: '', message: 'The file is too large.' }]);
  if (files.length > 1 || files.some((file) => holdsObjects(file.text))) {
    const { virtualServer, readerHasAll = false } = configuration;
    return { form: 'manifests', ...fromManifests(files, { document, virtualServer, readerHasAll }) };
  }
  const [file = { document, text }] = files;
  return native(file);
}

function native({ document, text }: SourceFile): WrittenDocument {
  const yaml = readYaml(text);
  if (!yaml.ok) return unreadable(yaml.errors.map((error) => ({ document, path: '', ...error })));
  const { value, lineOf, columnOf } = yaml.source;
  return {
    form: 'native',
    value,
    problems: [],
    warnings: [],
    meant: [],
    wrong: [],
    problem: ({ path, message, instead, rule }) => {
      const [line, column] = [lineOf(path), columnOf?.(path)];
      return {
        document,
        path: renderPath(path),
        message,
        ...(line === undefined ? {} : { line }),
        ...(column === undefined ? {} : { column }),
        ...(instead === undefined ? {} : { instead }),
        ...(rule === undefined ? {} : { rule }),
      };
    },
    readerOf: (mounted) => mounted,
    used: [],
  };
}

const unreadable = (problems: readonly Problem[]): WrittenDocument => ({
  form: 'native',
  problems,
  warnings: [],
  meant: [],
  wrong: [],
  problem: ({ message }) => ({ document: problems[0]?.document ?? '', path: '', message }),
  readerOf: (mounted) => mounted,
  used: [],
});
