import { leaveFetchOut } from '@gatehouse/service-process/without-fetch';

leaveFetchOut();
await import('./program.js');
