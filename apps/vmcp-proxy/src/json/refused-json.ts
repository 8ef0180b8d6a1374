import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/** Why a JSON text is not taken, in words that may be shown: none of them repeats what was sent. */
const FAULTS = {
  invalid: 'it is not JSON',
  too_deep: 'it is nested more than 512 deep',
  too_many: 'an object or list that the gateway reads has more than 1000 members',
  too_large: 'a part that the gateway reads is too large',
  ambiguous: 'an object that the gateway reads has two members of one name',
  not_unicode: 'a text that the gateway reads is not Unicode',
} as const;

export type JsonFault = keyof typeof FAULTS;

export class RefusedJson extends GatehouseError {
  constructor(readonly fault: JsonFault) {
    super('request_invalid', FAULTS[fault]);
  }

  override get publicText(): string {
    return `The message is refused: ${FAULTS[this.fault]}.`;
  }
}
