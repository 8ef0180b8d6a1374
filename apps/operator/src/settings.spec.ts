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
  });
});

test.each(Object.keys(ENVIRONMENT))('without %s it does not start, and says who sets it', (name) => {
  expect(() => readSettings({ ...ENVIRONMENT, [name]: ' ' })).toThrow(
    `The variable ${name} is missing. The operator's chart sets it.`,
  );
});
