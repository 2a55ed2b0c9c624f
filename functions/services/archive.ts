import AdmZip from 'adm-zip';

/** The container of a workbook: a zip archive (PKWARE APPNOTE 6.3), read part by part and under a budget. */

/** The bytes are no archive that can be read, or more than it may be. The message says what to do. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

/** A workbook has some dozens of parts. */
const MAX_PARTS = 2000;
/** The names of a workbook's parts are far below. AdmZip makes an entry of every folder in them, by going through the name again. */
const MAX_NAME_BYTES = 256;
const MAX_FOLDERS = 8;

const NOT_READABLE = 'is no workbook that can be read; open it in Excel and save it as "Excel Workbook (.xlsx)"';
const TOO_MUCH = 'unpacks to more than is read; send the sheet with the figures alone';

/** A part's bytes by its name; undefined where there is none. `names` are those of all parts, in lower case. */
export type ReadPart = ((name: string) => Buffer | undefined) & { readonly names: readonly string[] };

/**
 * Opens an archive. Nothing is unpacked before it is asked for, and all of it together to no more than `maxBytes`: a part that says it
 * is larger is not unpacked at all, and one that is larger than it says no further than that. What its checksum does not fit is refused.
 */
export function openArchive(bytes: Uint8Array, maxBytes: number): ReadPart {
  const parts = partsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  let left = maxBytes;
  const read = (name: string): Buffer | undefined => {
    const part = parts.get(name.toLowerCase());
    if (!part) return undefined;
    const { encrypted, size, compressedSize } = part.header;
    if (encrypted) throw new ArchiveError('is protected with a password; save it without one');
    // What is stored as it is takes as much as it has bytes, whatever it says.
    left -= Math.max(size, compressedSize);
    if (left < 0) throw new ArchiveError(TOO_MUCH);
    return orRefuse(() => part.getData());
  };
  return Object.assign(read, { names: [...parts.keys()] });
}

function partsOf(archive: Buffer): ReadonlyMap<string, AdmZip.IZipEntry> {
  const zip = orRefuse(() => new AdmZip(archive, { decoder: NAMES }));
  if (zip.getEntryCount() > MAX_PARTS)
    throw new ArchiveError(`has ${zip.getEntryCount()} parts; at most ${MAX_PARTS} are read`);
  return new Map(orRefuse(() => zip.getEntries()).map((part) => [part.entryName.toLowerCase(), part]));
}

const NAMES: AdmZip.ZipTextDecoder = {
  efs: true,
  encode: (name) => Buffer.from(name),
  decode: (bytes) => {
    const name = bytes.length > MAX_NAME_BYTES ? undefined : Buffer.from(bytes).toString();
    if (name === undefined || name.split('/').length > MAX_FOLDERS) throw new ArchiveError(NOT_READABLE);
    return name;
  },
};

/** The library throws errors of its own for whatever is wrong with an archive, of zlib and of bounds of buffers. */
function orRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ArchiveError((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? TOO_MUCH : NOT_READABLE);
  }
}

/** The first day that an archive can name: what is made twice is the same twice. */
const DAY_ONE = new Date(1980, 0, 1);

/** An archive of these parts, in this order. */
export function packArchive(parts: readonly (readonly [name: string, text: string])[]): Buffer {
  const zip = new AdmZip({ noSort: true });
  for (const [name, text] of parts) zip.addFile(name, Buffer.from(text)).header.time = DAY_ONE;
  return zip.toBuffer();
}
