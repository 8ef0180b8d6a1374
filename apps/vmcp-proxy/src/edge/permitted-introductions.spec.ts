import { expect, test } from '@jest/globals';
import { MODERN_VERSION } from '../mcp/protocol.js';
import { PermittedLists } from '../authorization/permitted-lists.flow.js';
import { wholeScope } from '../catalog/aggregation.fixture.js';
import { NO_LISTS } from '../catalog/catalog.fixture.js';
import { View } from '../catalog/view.js';
import { BackendFeatures } from '../catalog/backend-features.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { Introductions } from './introductions.js';

test('who may use nothing of a backend is not told what that backend says about itself', () => {
  const scope = wholeScope(['open', 'secret']);
  const view = new View(
    scope.backends.map((backend) => ({
      backend,
      lists: {
        ...NO_LISTS,
        tools: [{ name: 'do' }],
        about: { instructions: `Words of ${backend}.`, hasUi: false },
      },
      failure: undefined,
    })),
    scope.aggregation,
    scope.visibility,
  );
  const policy = {
    mayBe: (_principal: unknown, { backend }: { readonly backend: string }) => backend !== 'secret',
    mayBeAtBackend: () => true,
    signatureOf: () => '',
  };
  const introductions = new Introductions(
    { known: () => view, features: new BackendFeatures() },
    new PermittedLists(policy),
  );
  const { instructions } = introductions.of({ principal: ANONYMOUS, scope }, MODERN_VERSION);
  expect(instructions).toContain('open: Words of open.');
  expect(instructions).not.toContain('Words of secret');
});
