import { expect, test } from '@jest/globals';
import { parameterHeaders } from './parameter-headers.js';

const definition = {
  inputSchema: {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      where: { type: 'object', properties: { zone: { type: 'integer', 'x-mcp-header': 'Zone' } } },
      dry: { type: 'boolean', 'x-mcp-header': 'Dry-Run' },
      evil: { type: 'string', 'x-mcp-header': 'X\r\nAuthorization' },
    },
  },
};

test('arguments whose schema says so are mirrored, at any depth', () => {
  expect(parameterHeaders(definition, { region: 'eu', where: { zone: 7 }, dry: false })).toEqual({
    'mcp-param-region': 'eu',
    'mcp-param-zone': '7',
    'mcp-param-dry-run': 'false',
  });
});

test('what a header cannot hold is encoded; null, objects and what is absent are left out', () => {
  const headers = parameterHeaders(definition, {
    region: 'x\r\nauthorization: stolen',
    where: null,
    dry: {},
  });
  expect(Object.keys(headers)).toEqual(['mcp-param-region']);
  expect(headers['mcp-param-region']).toMatch(/^=\?base64\?[A-Za-z0-9+/=]+\?=$/);
});

test('a schema cannot name a header that is not one', () => {
  expect(parameterHeaders(definition, { evil: 'v' })).toEqual({});
});
