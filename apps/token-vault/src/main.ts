import { tokenVaultPart } from '@gatehouse/config/parts';
import { runService } from '@gatehouse/service-process/run-service';
import { startTokenVault } from './service.js';

await runService({ service: 'token-vault', partOf: tokenVaultPart, start: startTokenVault });
