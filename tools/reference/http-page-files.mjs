/** What pages of the authorization server are made of: see http-descriptions.mjs. */
export const pageFiles = {
  '/pages/{digest}.css': {
    GET: {
      by: 'browser',
      about: 'Stylesheet of the pages; its address changes with what is in it.',
      statuses: { 200: 'the stylesheet' },
      type: 'text/css',
    },
  },
  '/pages/branding/{file}': {
    GET: {
      by: 'browser',
      about: 'A logo or the colors of `authServer.branding`; their addresses change with what is in them.',
      statuses: { 200: 'the file', 404: 'the configuration has no such file' },
    },
  },
  '/pages/gatehouse.svg': {
    GET: { by: 'browser', about: 'Icon of the pages.', statuses: { 200: 'the icon' }, type: 'image/svg+xml' },
  },
};
