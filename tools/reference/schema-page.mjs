/** docs/reference/gatehouse.schema.json, for completion in editors. */
import { configurationJsonSchema } from '../../libs/config/dist/json-schema.js';

export const schemaPage = {
  path: 'docs/reference/gatehouse.schema.json',
  sources: configurationJsonSchema,
  text: (schema) => JSON.stringify(schema),
  drift: (schema) => ({ ...schema, title: 'another document' }),
};
