import { configurationJsonSchema } from '@gatehouse/config/json-schema';

/** The JSON Schema of `gatehouse.yaml`, as a text. */
export const schemaText = (): string => `${JSON.stringify(configurationJsonSchema(), undefined, 2)}\n`;
