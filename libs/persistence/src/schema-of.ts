import type { Service } from '@gatehouse/kernel/services';

/** The schema that holds a service's tables, in whichever database it is given. */
export const schemaOf = (service: Service): string => service.replaceAll('-', '_');
