/** Where something stands in a document: `['backends', 0, 'url']`. */
export type Path = readonly (string | number)[];
