/**
 * The socket that one exchange has for itself: what its request is read from and its response is written to, with the
 * addresses of the client, while many exchanges may share one connection.
 *
 * Rules of this file: a real Duplex, with the members of a net.Socket that applications use; what happens to it happens to
 * the exchange, never to the connection.
 */

import { Duplex } from 'node:stream';

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
  write(chunk: Buffer, done: () => void): void;
  pauseReading(): void;
  resumeReading(): void;
  socketIdle(): void;
  socketDestroyed(): void;
}

export class ExchangeSocket extends Duplex {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly encrypted: boolean;
  /** Milliseconds; 0: none. */
  timeout = 0;
  readonly #owner: ExchangeOwner;
  #timer: NodeJS.Timeout | undefined;

  constructor(owner: ExchangeOwner, addresses: ExchangeAddresses) {
    super({ allowHalfOpen: true });
    this.#owner = owner;
    this.remoteAddress = addresses.remoteAddress;
    this.remotePort = addresses.remotePort;
    this.localAddress = addresses.localAddress;
    this.localPort = addresses.localPort;
    this.encrypted = addresses.encrypted;
    // As with a server's own sockets, whoever breaks a request off does not end the process.
    this.on('error', () => undefined);
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
    clearTimeout(this.#timer);
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

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.touch();
    this.#owner.write(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.touch();
    const [first] = chunks;
    const whole =
      chunks.length === 1 && first ? first.chunk : Buffer.concat(chunks.map(({ chunk }) => chunk));
    this.#owner.write(whole, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#owner.socketDestroyed();
    done(error);
  }
}
