/** Blocks of JSON and TOML can be read. */
import { parse } from 'smol-toml';
import ts from 'typescript';

/** @returns {string[]} */
export function jsonProblems(text) {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    return [`this is no JSON: ${reasonOf(error)}`];
  }
}

/**
 * JSON with comments, as editors read it.
 * @returns {string[]}
 */
export function jsoncProblems(text) {
  const { error } = ts.parseConfigFileTextToJson('block.jsonc', text);
  return error === undefined
    ? []
    : [`this is no JSON with comments: ${ts.flattenDiagnosticMessageText(error.messageText, ' ')}`];
}

/** @returns {string[]} */
export function tomlProblems(text) {
  try {
    parse(text);
    return [];
  } catch (error) {
    return [`this is no TOML: ${reasonOf(error)}`];
  }
}

const reasonOf = (error) => (error instanceof Error ? error.message.split('\n')[0] : String(error));
