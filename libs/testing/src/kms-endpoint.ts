import { constants, createECDH, createPublicKey, privateEncrypt, type KeyObject } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { HttpStub, sendJson, type StubRequest } from './http-stub.js';
import { signerOf } from './signed-requests.js';
import type { TemporaryCredentials } from './sts-endpoint.js';

interface SignInput {
  readonly KeyId: string;
  readonly Message?: string;
  readonly MessageType?: string;
  readonly SigningAlgorithm?: string;
}

const REGION = 'eu-central-1';
/** DigestInfo of SHA-256 up to the digest (RFC 8017, section 9.2). */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** AWS KMS with asymmetric keys: it verifies who asks, and names its refusals as AWS does. */
export class KmsEndpoint extends HttpStub {
  readonly requests: { readonly operation: string; readonly input: SignInput }[] = [];
  /** By ARN of the key, or of an alias. */
  readonly keys = new Map<string, KeyObject>();
  /** Answers in the place of everything else: status, and the name of an error. */
  instead: readonly [number, string] | undefined;
  readonly credentials: TemporaryCredentials = {
    accessKeyId: 'ASIAKMSEXAMPLE',
    secretAccessKey: 'a-secret/of+an access key',
    sessionToken: 'a-session-token==',
    roleArn: '',
    sessionName: '',
    subject: '',
    endsAtMs: Infinity,
  };
  /** What it gives as a signature, made of the right one. */
  bend: ((signature: Buffer) => Buffer) | undefined;

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    const [, operation = ''] = String(request.headers['x-amz-target']).split('.');
    const input = JSON.parse(request.body) as SignInput;
    this.requests.push({ operation, input });
    if (this.instead !== undefined) {
      refuse(response, ...this.instead);
      return;
    }
    try {
      const issued = new Map([[this.credentials.accessKeyId, this.credentials]]);
      await signerOf(request, issued, { region: REGION, service: 'kms' });
    } catch (error) {
      refuse(response, 400, error instanceof Error ? error.message : '');
      return;
    }
    const key = this.keys.get(input.KeyId);
    if (key === undefined) refuse(response, 400, 'NotFoundException');
    else if (operation === 'GetPublicKey')
      sendJson(response, 200, {
        KeyId: input.KeyId,
        PublicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64'),
        KeyUsage: 'SIGN_VERIFY',
      });
    else this.#sign(response, key, input);
  }

  #sign(response: ServerResponse, key: KeyObject, input: SignInput): void {
    const isRsa = key.asymmetricKeyType === 'rsa';
    const digest = Buffer.from(input.Message ?? '', 'base64');
    if (input.MessageType !== 'DIGEST' || digest.length !== 32) refuse(response, 400, 'ValidationException');
    else if (input.SigningAlgorithm !== (isRsa ? 'RSASSA_PKCS1_V1_5_SHA_256' : 'ECDSA_SHA_256'))
      refuse(response, 400, 'InvalidKeyUsageException');
    else {
      const made = isRsa
        ? privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([DIGEST_INFO, digest]))
        : ecdsa(digest, key);
      const Signature = (this.bend?.(made) ?? made).toString('base64');
      sendJson(response, 200, { KeyId: input.KeyId, Signature, SigningAlgorithm: input.SigningAlgorithm });
    }
  }
}

/** The order of P-256 (SEC 2, section 2.4.2). */
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** ECDSA of a digest (SEC 1, section 4.1.3), which Node does of the whole message alone. @returns DER, as AWS KMS does */
function ecdsa(digest: Buffer, key: KeyObject): Buffer {
  const once = createECDH('prime256v1');
  const point = once.generateKeys();
  const r = numberOf(point.subarray(1, 33)) % ORDER;
  const d = numberOf(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  const s = (power(numberOf(once.getPrivateKey()), ORDER - 2n) * (numberOf(digest) + r * d)) % ORDER;
  const numbers = Buffer.concat([r, s].map(integer));
  return Buffer.concat([Buffer.from([0x30, numbers.length]), numbers]);
}

const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base % ORDER];
  for (let left = exponent; left > 0n; left >>= 1n, square = (square * square) % ORDER)
    if ((left & 1n) === 1n) result = (result * square) % ORDER;
  return result;
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const signed = (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, signed.length]), signed]);
}

const refuse = (response: ServerResponse, status: number, name: string): void =>
  sendJson(response, status, { __type: `com.amazonaws.kms#${name}`, message: 'in words' });
