import { expect, test } from '@jest/globals';
import { SCOPE_WORDS } from './scope-words.js';

/** As their providers document them. */
const DELETING: readonly (readonly [keyof typeof SCOPE_WORDS, readonly string[]])[] = [
  ['airtable', ['data.records:write']],
  ['atlassian', ['write:jira-work', 'write:confluence-content']],
  ['dropbox', ['files.content.write']],
  ['entra', ['Mail.ReadWrite', 'Calendars.ReadWrite', 'Files.ReadWrite', 'Tasks.ReadWrite']],
  ['github', ['gist', 'project']],
  ['google', ['drive', 'documents', 'spreadsheets', 'calendar'].map(ofGoogle)],
  ['linear', ['write']],
  ['salesforce', ['api']],
];
const SHARING: typeof DELETING = [
  ['entra', ['Calendars.ReadWrite', 'Files.ReadWrite', 'https://graph.microsoft.com/Files.ReadWrite.All']],
  ['google', ['drive', 'calendar'].map(ofGoogle)],
];

function ofGoogle(name: string): string {
  return `https://www.googleapis.com/auth/${name}`;
}

const said = (scopes: typeof DELETING): readonly (string | undefined)[] =>
  scopes.flatMap(([provider, names]) => names.map((name) => SCOPE_WORDS[provider]?.[name]));

test('words say no less than a scope gives: what deletes and what shares is called so', () => {
  for (const words of said(DELETING)) expect(words).toContain('delete');
  for (const words of said(SHARING)) expect(words).toContain('share');
  // Collaborators are managed with the same scope.
  for (const scope of ['repo', 'public_repo'])
    expect(SCOPE_WORDS.github?.[scope]).toMatch(/and who may (use|change) them$/);
});
