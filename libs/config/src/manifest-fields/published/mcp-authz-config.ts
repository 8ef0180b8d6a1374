// Made by tools/manifest-fields.mjs: v1alpha1 and v1beta1 have the same fields.
export const MCP_AUTHZ_CONFIG_FIELDS = `
.: config!* type!
`;
