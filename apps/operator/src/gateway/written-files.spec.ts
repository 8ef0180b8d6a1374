import { expect, test } from '@jest/globals';
import { KEPT_MS, nextFiles } from './written-files.js';

test('a file that is no longer named stays until every kubelet has brought the configuration without it', () => {
  const [there, wanted] = [
    { old: '1', same: '1' },
    { same: '2', new: '1' },
  ];
  expect(nextFiles(there, wanted, 0)).toEqual({ old: '1', same: '2', new: '1' });
  expect(nextFiles(there, wanted, KEPT_MS - 1)).toEqual({ old: '1', same: '2', new: '1' });
  expect(nextFiles(there, wanted, KEPT_MS)).toEqual(wanted);
});
