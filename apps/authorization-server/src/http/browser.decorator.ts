import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Exchange } from './exchange.js';
import { readForm } from './form-body.js';

/** The browser that asks: its request and the answer to it. */
export const Browser = createParamDecorator((_data: unknown, context: ExecutionContext): Exchange => {
  const http = context.switchToHttp();
  return {
    request: http.getRequest<FastifyRequest>().raw,
    response: http.getResponse<FastifyReply>().raw,
  };
});

/** The form that a page of ours posted. @throws {GatehouseError} `request_invalid` when it is none. */
export const PostedForm = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ReadonlyMap<string, string> => {
    const { body, headers } = context.switchToHttp().getRequest<FastifyRequest>();
    return readForm(body, headers['content-type']);
  },
);
