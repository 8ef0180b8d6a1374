import type { ListNote } from './definitions.js';
import type { MergeNote } from './merge.js';
import type { SaidOnce } from './said-once.js';

const MAX_NOTES_OF_VIEW = 50;

const SAID: Readonly<Record<ListNote['outcome'], string>> = {
  left_out: 'definition-left-out',
  repaired: 'definition-repaired',
  cut_short: 'list-cut-short',
};

/** What of a backend's lists clients are not shown as it came. */
export function sayListNotes(said: SaidOnce, backend: string, notes: readonly ListNote[]): void {
  for (const { outcome, kind, name, reason } of notes)
    said.say('warn', SAID[outcome], { backend, kind, name, reason });
}

/** What clients do not see under the name that they might expect, or not at all. */
export function sayNames(said: SaidOnce, notes: readonly MergeNote[]): void {
  for (const { outcome, ...facts } of notes.slice(0, MAX_NOTES_OF_VIEW))
    if (outcome === 'shortened') said.say('warn', 'name-shortened', facts);
    // Hosts of models may refuse it: aggregation.maxNameLength has the cure.
    else if (outcome === 'long') said.say('warn', 'name-too-long-for-hosts', facts);
    else if (outcome === 'not_plain') said.say('warn', 'resource-not-plain', facts);
    else said.say('info', 'name-conflict', { ...facts, outcome });
}
