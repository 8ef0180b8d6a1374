import { expect, test } from '@jest/globals';
import { OwnJson, RawJson } from '../json/raw-json.js';
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
  const given = new OwnJson({ region: 'eu', where: { zone: 7 }, dry: false, other: {} });
  expect(parameterHeaders(definition, given)).toEqual({
    'mcp-param-region': 'eu',
    'mcp-param-zone': '7',
    'mcp-param-dry-run': 'false',
  });
});

test('what a header cannot hold is encoded; null, objects and what is absent are left out', () => {
  const given = new OwnJson({ region: 'x\r\nauthorization: stolen', where: null, dry: {} });
  const headers = parameterHeaders(definition, given);
  expect(Object.keys(headers)).toEqual(['mcp-param-region']);
  expect(headers['mcp-param-region']).toMatch(/^=\?base64\?[A-Za-z0-9+/=]+\?=$/);
});

test('a schema cannot name a header that is not one', () => {
  expect(parameterHeaders(definition, new OwnJson({ evil: 'v' }))).toEqual({});
});

test('numbers are mirrored digit by digit, as they stand in the body', () => {
  const given = RawJson.read(Buffer.from('{"where":{"zone":12345678901234567890}}'));
  expect(parameterHeaders(definition, given)).toEqual({ 'mcp-param-zone': '12345678901234567890' });
});

test('an argument that is written twice is refused: the header would say one, and the backend may take the other', () => {
  const given = RawJson.read(Buffer.from('{"region":"eu","region":"us"}'));
  expect(() => parameterHeaders(definition, given)).toThrow(expect.objectContaining({ fault: 'ambiguous' }));
});
