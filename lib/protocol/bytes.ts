/**
 * Bytes and text of one character a byte.
 *
 * Rules of this file: nothing is decoded; what is no byte in a text to be written has to be refused before.
 */

/** Bytes as text, one character a byte. */
export function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Text of one character a byte as bytes. */
export function fromLatin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** Several parts as one; the part itself where it is alone. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}

/** A copy. (`slice()` of a Buffer is none.) */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** Below this, copying is cheaper than another part to write. */
export const smallPart = 4096;

/** Small neighbours as one part: a small message is one write. */
export function coalesce(parts: readonly Uint8Array[]): Uint8Array[] {
  const joined: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  const flush = (): void => {
    if (small.length > 0) joined.push(join(small));
    small = [];
  };
  for (const part of parts) {
    if (part.length < smallPart) {
      small.push(part);
    } else {
      flush();
      joined.push(part);
    }
  }
  flush();
  return joined;
}
