/**
 * The socket that one exchange has for itself: what its request is read from and its response is written to, with the
 * addresses of the client, while many exchanges may share one connection.
 *
 * Rules of this file: a real Duplex, with the members of a net.Socket that applications use; what happens to it happens to
 * the exchange, never to the connection.
 */

import { Duplex, Writable } from 'node:stream';

/** Who is at the other end, as the front server says. */
export interface ExchangeAddresses {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly encrypted: boolean;
}

/** What a socket tells its exchange. */
export interface ExchangeOwner {
  /** Takes bytes of an answer. `written` is called when more may come. */
  write(bytes: Uint8Array, written: ((error?: Error | null) => void) | undefined): void;
  /** Takes what is for the front server's error log. */
  writeError(text: string | Uint8Array): void;
  pauseReading(): void;
  resumeReading(): void;
  socketIdle(): void;
  socketEnded(): void;
  socketDestroyed(): void;
}

export class ExchangeSocket extends Duplex {
  /** Milliseconds; 0: none. */
  timeout = 0;
  readonly #owner: ExchangeOwner;
  readonly #addresses: ExchangeAddresses;
  #timer: NodeJS.Timeout | undefined;
  #errors: Writable | undefined;
  /** Bytes that wait to be sent. */
  #waiting = 0;
  #needsDrain = false;

  constructor(owner: ExchangeOwner, addresses: ExchangeAddresses) {
    super({ allowHalfOpen: true });
    this.#owner = owner;
    this.#addresses = addresses;
  }

  get remoteAddress(): string | undefined {
    return this.#addresses.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#addresses.remotePort;
  }

  get localAddress(): string | undefined {
    return this.#addresses.localAddress;
  }

  get localPort(): number | undefined {
    return this.#addresses.localPort;
  }

  get encrypted(): boolean {
    return this.#addresses.encrypted;
  }

  /** The front server's error log (FCGI_STDERR), where the protocol reaches it; else this process's. */
  get stderr(): Writable {
    this.#errors ??= new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#owner.writeError(chunk);
        done();
      },
    });
    return this.#errors;
  }

  get remoteFamily(): 'IPv4' | 'IPv6' | undefined {
    if (this.remoteAddress === undefined) return undefined;
    return this.remoteAddress.includes(':') ? 'IPv6' : 'IPv4';
  }

  address(): { address?: string; port?: number; family?: string } {
    const { localAddress: address, localPort: port } = this;
    if (address === undefined || port === undefined) return {};
    return { address, port, family: address.includes(':') ? 'IPv6' : 'IPv4' };
  }

  /** As of net.Socket: `timeout` after so many milliseconds without traffic. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    this.timeout = milliseconds;
    if (listener !== undefined) {
      if (milliseconds === 0) this.removeListener('timeout', listener);
      else this.once('timeout', listener);
    }
    this.touch();
    return this;
  }

  /** There was traffic. */
  touch(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.timeout > 0 && !this.destroyed) {
      this.#timer = setTimeout(() => this.#owner.socketIdle(), this.timeout).unref();
    }
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  // What is read of a request goes to the request, not through here; Node pauses and resumes its socket for it.
  override pause(): this {
    this.#owner.pauseReading();
    return this;
  }

  override resume(): this {
    this.#owner.resumeReading();
    return this;
  }

  override _read(): void {}

  // What a response writes goes straight to the exchange, which sends all that comes in one turn: a Writable's own buffer and its
  // bookkeeping would hold it up for nothing.
  override write(
    chunk: unknown,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    written?: (error?: Error | null) => void,
  ): boolean {
    // Node itself gives `null` where nobody waits.
    const callback = (typeof encoding === 'function' ? encoding : written) ?? undefined;
    const isText = typeof chunk === 'string';
    if (this.destroyed || this.writableEnded || !(isText || chunk instanceof Uint8Array)) {
      // It knows what to say of that.
      return super.write(chunk, encoding as BufferEncoding, callback);
    }
    this.touch();
    const bytes = isText ? Buffer.from(chunk, encoding as BufferEncoding) : chunk;
    this.#waiting += bytes.length;
    this.#owner.write(bytes, callback);
    if (this.#waiting < this.writableHighWaterMark) return true;
    this.#needsDrain = true;
    return false;
  }

  /** All that waited has gone; says whether somebody was told to wait for that. */
  settle(): boolean {
    this.#waiting = 0;
    const needsDrain = this.#needsDrain && !this.destroyed;
    this.#needsDrain = false;
    if (needsDrain) this.emit('drain');
    return needsDrain;
  }

  /** Bytes that wait to be sent, for `writableLength`. */
  get waiting(): number {
    return this.#waiting;
  }

  get needsDrain(): boolean {
    return this.#needsDrain;
  }

  // What comes in one turn goes together anyway.
  override cork(): void {}

  override uncork(): void {}

  /** What `end()` is given, and what comes through a pipe that knows nothing of `write()`. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.touch();
    this.#owner.write(chunk, written);
  }

  override _final(done: () => void): void {
    done();
    this.#owner.socketEnded();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#owner.socketDestroyed();
    // As with a server's own sockets, whoever breaks a request off does not end the process.
    done(this.listenerCount('error') > 0 ? error : null);
  }
}

// What Duplex has as accessors, its types have as properties, which a class cannot override as what they are.
Object.defineProperties(ExchangeSocket.prototype, {
  writableLength: {
    get(this: ExchangeSocket) {
      return this.waiting;
    },
  },
  writableNeedDrain: {
    get(this: ExchangeSocket) {
      return this.needsDrain;
    },
  },
});
