/** docs/reference/administration-openapi.json: the administrator's API, as the service answers it. */
import { openApiDocument } from '../../apps/authorization-server/dist/administration/openapi.js';

export const administrationPage = {
  path: 'docs/reference/administration-openapi.json',
  sources: () => openApiDocument('https://admin.example', 'https://mcp.example'),
  text: (document) => JSON.stringify(document),
  drift: (document) => ({ ...document, openapi: 'another version' }),
};
