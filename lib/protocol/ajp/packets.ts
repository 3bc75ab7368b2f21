/**
 * AJP13 packets: 4 bytes of header, which say the side and the length, then the payload.
 *
 * Rules of this file: names as in the Apache Tomcat Connectors' AJP protocol reference. Big-endian throughout. Payloads are
 * made as text, one character a byte; whoever makes one compares its length with the packet size.
 */

import { fromLatin1, smallPart } from '../bytes.js';

export const headerLength = 4;
/** What packets of the web server begin with, and those of the container. */
export const fromServer = 0x1234;
export const fromContainer = 0x4142;

export const FORWARD_REQUEST = 2;
export const SEND_BODY_CHUNK = 3;
export const SEND_HEADERS = 4;
export const END_RESPONSE = 5;
export const GET_BODY_CHUNK = 6;
export const SHUTDOWN = 7;
export const PING = 8;
export const CPONG = 9;
export const CPING = 10;

/** The most bytes of a request's body in one packet: header and length take 6. */
export const maxBody = (packetSize: number): number => packetSize - 6;
/** The most bytes of an answer's body in one packet: header, type, length and NUL take 8. */
export const maxChunk = (packetSize: number): number => packetSize - 8;

/** Methods by code; the first has code 1. */
export const methods: readonly string[] =
  `OPTIONS GET HEAD POST PUT DELETE TRACE PROPFIND PROPPATCH MKCOL COPY MOVE
  LOCK UNLOCK ACL REPORT VERSION-CONTROL CHECKIN CHECKOUT UNCHECKOUT SEARCH MKWORKSPACE UPDATE LABEL MERGE
  BASELINE-CONTROL MKACTIVITY`.split(/\s+/);
/** The method is in the attribute stored_method. */
export const JK_STORED = 0xff;

/** Header fields of a request by code; the first has code 0xA001. */
export const requestHeaders: readonly string[] =
  `Accept Accept-Charset Accept-Encoding Accept-Language Authorization
  Connection Content-Type Content-Length Cookie Cookie2 Host Pragma Referer User-Agent`.split(/\s+/);

/** Header fields of an answer by code; the first has code 0xA001. */
export const answerHeaders: readonly string[] =
  `Content-Type Content-Language Content-Length Date Last-Modified Location
  Set-Cookie Set-Cookie2 Servlet-Engine Status WWW-Authenticate`.split(/\s+/);

/** A name with this high byte is a code: no name is so long. */
export const codedName = 0xa0;

/** One byte, as a character. */
export function byte(value: number): string {
  return String.fromCharCode(value);
}

/** Two bytes, as characters. */
export function integer(value: number): string {
  return String.fromCharCode((value >> 8) & 0xff, value & 0xff);
}

/** A string: its length, itself, NUL. */
export function string(text: string): string {
  return `${integer(text.length)}${text}\0`;
}

/** How names of header fields are written: as a code where there is one. */
export function codesOf(names: readonly string[]): (name: string) => string {
  const codes = new Map(names.map((name, index) => [name.toLowerCase(), integer(0xa001 + index)]));
  return (name) => codes.get(name.toLowerCase()) ?? string(name);
}

/** One packet; `payload` as text. */
export function packet(start: number, payload: string): Uint8Array {
  return fromLatin1(integer(start) + integer(payload.length) + payload);
}

/** An answer's body as SEND_BODY_CHUNKs; what is large is not copied. */
export function chunkPackets(bytes: Uint8Array, packetSize: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const most = maxChunk(packetSize);
  for (let at = 0; at < bytes.length; at += most) {
    const content = bytes.subarray(at, at + most);
    parts.push(chunkHeader(content.length), content, nul);
  }
  return parts;
}

/** SEND_BODY_CHUNK of no bytes: what came before it is to be handed on. */
export const flushPacket = packet(fromContainer, `${byte(SEND_BODY_CHUNK)}\0\0\0`);

const nul = new Uint8Array(1);

function chunkHeader(length: number): Uint8Array {
  const header = new Uint8Array(headerLength + 3);
  writeHeader(header, fromContainer, length + 4);
  header[4] = SEND_BODY_CHUNK;
  header[5] = length >> 8;
  header[6] = length & 0xff;
  return header;
}

/** A piece of a request's body; of none at all, the packet that ends it. */
export function bodyPacket(content: Uint8Array): Uint8Array[] {
  if (content.length === 0) return [packet(fromServer, '')];
  const isSmall = content.length < smallPart;
  const header = new Uint8Array(headerLength + 2 + (isSmall ? content.length : 0));
  writeHeader(header, fromServer, content.length + 2);
  header[4] = content.length >> 8;
  header[5] = content.length & 0xff;
  if (!isSmall) return [header, content];
  header.set(content, headerLength + 2);
  return [header];
}

function writeHeader(buffer: Uint8Array, start: number, length: number): void {
  buffer[0] = start >> 8;
  buffer[1] = start & 0xff;
  buffer[2] = length >> 8;
  buffer[3] = length & 0xff;
}
