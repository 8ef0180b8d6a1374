import { expect, test } from '@jest/globals';
import { readSettings } from './settings.js';

const ENVIRONMENT = {
  OPERATOR_NAMESPACE: 'tools',
  OPERATOR_GATEWAYS: 'acme, other',
  OPERATOR_IDENTITY: 'operator-0',
  OPERATOR_LEASE: 'gatehouse-operator',
};

test('the operator works in one namespace, for the gateways that are named', () => {
  expect(readSettings(ENVIRONMENT)).toEqual({
    namespace: 'tools',
    gateways: ['acme', 'other'],
    identity: 'operator-0',
    lease: 'gatehouse-operator',
    internalPort: undefined,
  });
  expect(readSettings({ ...ENVIRONMENT, OPERATOR_INTERNAL_PORT: '4499' }).internalPort).toBe(4_499);
});

test.each(['', 'many', '-1', '65536', '1.5'])('%j is no port of its internal listener', (written) => {
  expect(() => readSettings({ ...ENVIRONMENT, OPERATOR_INTERNAL_PORT: written })).toThrow(
    'The variable OPERATOR_INTERNAL_PORT is not a port: a number from 0 to 65535.',
  );
});

test.each(Object.keys(ENVIRONMENT))('without %s it does not start, and says who sets it', (name) => {
  expect(() => readSettings({ ...ENVIRONMENT, [name]: ' ' })).toThrow(
    `The variable ${name} is missing. The operator's chart sets it.`,
  );
});
