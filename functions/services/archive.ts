import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

/** The container of a workbook: a zip archive (PKWARE APPNOTE 6.3), read part by part and under a budget. */

/** The bytes are no archive that can be read, or more than it may be. The message says what to do. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
/** A workbook has some dozens of parts. */
const MAX_PARTS = 2000;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

const NOT_READABLE = 'is no workbook that can be read; open it in Excel and save it as "Excel Workbook (.xlsx)"';

/** A part's bytes by its name; undefined where there is none. `names` are those of all parts, in lower case. */
export type ReadPart = ((name: string) => Buffer | undefined) & { readonly names: readonly string[] };

/** Opens an archive. Nothing is unpacked before it is asked for, and all of it together to no more than `maxBytes`. */
export function openArchive(bytes: Uint8Array, maxBytes: number): ReadPart {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = partsOf(archive);
  let left = maxBytes;
  const read = (name: string): Buffer | undefined => {
    const part = parts.get(name.toLowerCase());
    if (!part) return undefined;
    const { method, offset, size, flags } = part;
    if (flags & ENCRYPTED) throw new ArchiveError('is protected with a password; save it without one');
    if (offset + 30 > archive.length || archive.readUInt32LE(offset) !== LOCAL) throw new ArchiveError(NOT_READABLE);
    const start = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
    const packed = archive.subarray(start, start + size);
    const unpacked = unpack(packed, method, left);
    left -= unpacked.length;
    return unpacked;
  };
  return Object.assign(read, { names: [...parts.keys()] });
}

function unpack(packed: Buffer, method: number, left: number): Buffer {
  const tooMuch = new ArchiveError('unpacks to more than is read; send the sheet with the figures alone');
  if (method === STORED) {
    if (packed.length > left) throw tooMuch;
    return packed;
  }
  if (method !== DEFLATED) throw new ArchiveError(NOT_READABLE);
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(left, 1) });
  } catch (error) {
    throw (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? tooMuch : new ArchiveError(NOT_READABLE);
  }
}

interface Part {
  readonly method: number;
  readonly flags: number;
  readonly offset: number;
  /** Packed. */
  readonly size: number;
}

function partsOf(archive: Buffer): ReadonlyMap<string, Part> {
  let end = archive.length - END_BYTES;
  const last = Math.max(0, end - MAX_COMMENT_BYTES);
  while (end >= last && archive.readUInt32LE(end) !== END) end -= 1;
  if (end < last || end < 0) throw new ArchiveError(NOT_READABLE);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  if (count > MAX_PARTS) throw new ArchiveError(`has ${count} parts; at most ${MAX_PARTS} are read`);
  const parts = new Map<string, Part>();
  for (let index = 0; index < count; index++) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== CENTRAL) throw new ArchiveError(NOT_READABLE);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    parts.set(archive.toString('utf8', at + 46, at + 46 + nameLength).toLowerCase(), {
      flags: archive.readUInt16LE(at + 8),
      method: archive.readUInt16LE(at + 10),
      size: archive.readUInt32LE(at + 20),
      offset: archive.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return parts;
}

/** The first of January 1980, the first day that an archive can name: what is made twice is the same twice. */
const DAY_ONE = 0x0021;

/** An archive of these parts, in this order. */
export function packArchive(parts: readonly (readonly [name: string, text: string])[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of parts) {
    const path = Buffer.from(name);
    const bytes = Buffer.from(text);
    const packed = deflateRawSync(bytes);
    // What both headers have: version, flags, method, time, day, checksum, both sizes, length of the name and of nothing more.
    const shared = [
      ...[20, 0, DEFLATED, 0, DAY_ONE].map(uint16),
      ...[crc32(bytes), packed.length, bytes.length].map(uint32),
      ...[path.length, 0].map(uint16),
    ];
    const local = Buffer.concat([uint32(LOCAL), ...shared, path, packed]);
    // Comment, disk, attributes within and without; where the part stands.
    const rest = [...[0, 0, 0].map(uint16), ...[0, offset].map(uint32)];
    centrals.push(Buffer.concat([uint32(CENTRAL), uint16(20), ...shared, ...rest, path]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = [
    uint32(END),
    ...[0, 0, parts.length, parts.length].map(uint16),
    ...[directory.length, offset].map(uint32),
    uint16(0),
  ];
  return Buffer.concat([...locals, directory, ...end]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
