// Made by tools/manifest-fields.mjs: v1alpha1 and v1beta1 have the same fields.
export const MCP_TOOL_CONFIG_FIELDS = `
.: toolsFilter[]
toolsOverride{}: description name
toolsOverride{}.annotations: destructiveHint? idempotentHint? openWorldHint? readOnlyHint? title
`;
