import { ADMINISTRATION_SCOPE } from '@gatehouse/config/model/administration';
import { z } from 'zod';
import { OPERATIONS, type Operation } from './operations.js';
import { problem } from './shapes.js';

export const PROBLEM_TYPE = 'application/problem+json';
const JSON_TYPE = 'application/json';

const REFUSALS: Readonly<Record<string, string>> = {
  400: 'The request is malformed, or a parameter is out of its bounds.',
  401: 'No token, or none that is for this API.',
  403: 'The token lacks the scope; or a browser, or another `Host`, asks.',
  500: 'An error of the server.',
  503: 'A part of the gateway is unavailable. Ask again.',
};

const schemaOf = (shape: z.ZodType, io: 'input' | 'output'): object => {
  const schema = z.toJSONSchema(shape, { io });
  delete schema.$schema;
  return schema;
};

const refusal = (description: string): object => ({
  description,
  content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
});

function parametersOf({ path, input, body }: Operation): readonly object[] {
  const required = z.toJSONSchema(input, { io: 'input' }).required ?? [];
  const parameters = Object.entries(input.shape).filter(([name]) => name !== body?.name);
  return parameters.map(([name, shape]) => {
    const { description, ...schema } = schemaOf(shape as z.ZodType, 'input') as {
      readonly description?: string;
    };
    const place = path.includes(`{${name}}`) ? 'path' : 'query';
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
    };
  });
}

function described(id: string, operation: Operation): object {
  const { about, answer, path, conflicts, body } = operation;
  return {
    operationId: id,
    summary: about,
    parameters: parametersOf(operation),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { [JSON_TYPE]: { schema: schemaOf(body.schema, 'input') } },
          },
        }),
    responses: {
      ...(answer === undefined
        ? { 204: { description: 'Done.' } }
        : { 200: { description: about, content: { [JSON_TYPE]: { schema: schemaOf(answer, 'output') } } } }),
      ...Object.fromEntries(Object.entries(REFUSALS).map(([status, text]) => [status, refusal(text)])),
      ...(path.includes('{') ? { 404: refusal('There is none.') } : {}),
      ...(conflicts === true ? { 409: refusal('It cannot be done here.') } : {}),
    },
  };
}

/** The API in OpenAPI 3.1, made of what its requests and answers are held against. */
export function openApiDocument(url: string, issuer: string, signsPeopleIn = false): object {
  const scopes = { [ADMINISTRATION_SCOPE]: 'Everything that this API does.' };
  const paths: Record<string, Record<string, object>> = {};
  for (const [id, operation] of Object.entries<Operation>(OPERATIONS))
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = described(id, operation);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse: administrator’s API',
      version: '1',
      description: 'Accounts, sessions, connections and clients of a gateway.',
    },
    servers: [{ url }],
    security: [{ administrator: [ADMINISTRATION_SCOPE] }],
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, 'output') },
      securitySchemes: {
        administrator: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: `${issuer}/oauth/token`,
              scopes,
            },
            ...(signsPeopleIn
              ? {
                  authorizationCode: {
                    authorizationUrl: `${issuer}/oauth/authorize`,
                    tokenUrl: `${issuer}/oauth/token`,
                    scopes,
                  },
                }
              : {}),
          },
        },
      },
    },
  };
}
