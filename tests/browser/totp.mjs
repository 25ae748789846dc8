// Codes of an authenticator app, RFC 6238, and never two of one step: the hub takes each step once.
import { createHmac } from 'node:crypto';

const STEP = 30_000;

/** An app that holds a secret. */
export class Authenticator {
  #key;
  #last = 0;

  /** From what the QR code says. */
  constructor(address) {
    const url = new URL(address);
    const bits = [...url.searchParams.get('secret').toUpperCase()]
      .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
      .join('');
    this.#key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
    this.url = url;
  }

  /** A code that was not used, of the last step, this one or the next; waits if all were. */
  async code() {
    const step = Math.max(this.#last + 1, Math.floor(Date.now() / STEP) - 1);
    const wait = (step - 1) * STEP - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait + 200));
    this.#last = step;
    return this.at(step);
  }

  /** The code of a step. */
  at(step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const hash = createHmac('sha1', this.#key).update(counter).digest();
    const offset = hash[19] & 15;
    return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  }

  /** A code that is of none of the steps about now. */
  wrong() {
    const now = Math.floor(Date.now() / STEP);
    const near = new Set([-2, -1, 0, 1, 2, 3].map((by) => this.at(now + by)));
    return ['000000', '111111', '222222', '333333', '444444', '555555', '666666'].find((code) => !near.has(code));
  }
}
