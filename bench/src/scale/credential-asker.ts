import { credentialInject } from '@gatehouse/contracts/token-vault/credential-inject';
import { BusConnection } from '@gatehouse/messaging/bus-connection';
import { ContractClient } from '@gatehouse/messaging/contract-client';
import { SilentLog } from '@gatehouse/testing/silent-log';
import type { World } from '@gatehouse/testing/world';
import { ReplyKey } from '@gatehouse/vmcp-proxy/dist/outgoing-auth/reply-key.js';
import type { Person } from './people.js';

/** Asks the vault for credentials as a proxy does for a call whose credential it does not have, and opens the reply. */
export class CredentialAsker {
  readonly #contracts: ContractClient;

  private constructor(
    private readonly bus: BusConnection,
    private readonly key: ReplyKey,
  ) {
    this.#contracts = new ContractClient(bus);
  }

  static async at({ nats }: World): Promise<CredentialAsker> {
    const bus = new BusConnection(nats.optionsOf('vmcp-proxy'), new SilentLog(), { part: () => undefined });
    await bus.onModuleInit();
    return new CredentialAsker(bus, await ReplyKey.make({ note: () => undefined }));
  }

  /** @throws {GatehouseError} a code of the contract, or that nobody answers. */
  async ask({ tsid }: Pick<Person, 'tsid'>, backend = 'bench-inject'): Promise<undefined> {
    const request = { tsid, backend, replyKey: this.key.publicKey };
    await this.key.answerTo(async () => await this.#contracts.ask(credentialInject, request));
  }

  async close(): Promise<void> {
    await this.bus.onApplicationShutdown();
  }
}
