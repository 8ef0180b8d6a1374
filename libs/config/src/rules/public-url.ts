import type { Rule } from './rule.js';

/** The MCP endpoint is below `publicUrl`, so `/mcp` at its end is there twice. */
export const publicUrlOfEndpoint: Rule = ({ publicUrl, resourceUrl }) =>
  /\/(mcp|sse)$/.test(publicUrl)
    ? [
        {
          path: ['publicUrl'],
          message: `/mcp is added to this, and clients would have to connect to ${resourceUrl}.`,
          instead: publicUrl.replace(/\/(mcp|sse)$/, ''),
        },
      ]
    : [];
