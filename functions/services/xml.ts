/** XML as the parts of workbooks are: read once from beginning to end, with nothing kept, so that memory stays bounded. */

/** The text is damaged, or declares what no workbook does. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

export type Attributes = Readonly<Record<string, string>>;

/** Hears of what is read, in its order. Elements go by their names without the prefix of a namespace. */
export interface XmlListener {
  /** How much is read now: an element or what has none of our attention is one, as are a reference and 32 characters of attributes. */
  work(pieces: number): void;
  open(name: string, attributes: () => Attributes): void;
  close?(name: string): void;
  text?(value: string): void;
}

/**
 * A tag, what has none of our attention, or text: a piece of XML 1.0 that begins where the last one ended. Whatever fits none of them is
 * an error at once, so no text is gone through twice; an element has at most 64 attributes.
 */
const PIECE =
  /<(?:!\[CDATA\[(?<cdata>[\s\S]*?)\]\]>|!--[\s\S]*?-->|\?[\s\S]*?\?>|(?<end>\/?)(?:[\w.-]+:)?(?<name>[A-Za-z_][\w.-]*)(?<attributes>(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*')){0,64})\s*(?<empty>\/?)>)|(?<text>[^<]+)/y;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** As long as what a cell takes can be written: 32,767 characters of at most 8, as `&#x1F600;` is for two. */
const MAX_PIECE = 300_000;

/** Reads a text. Throws {@link XmlError}; a document type is one, as by its entities a small text can name a huge one. */
export function readXml(text: string, { work, open, close, text: say }: XmlListener): void {
  const piece = new RegExp(PIECE);
  const within: string[] = [];
  piece.lastIndex = text.startsWith('\uFEFF') ? 1 : 0;
  while (piece.lastIndex < text.length) {
    const at = piece.lastIndex;
    const groups = piece.exec(text)?.groups;
    if (!groups) throw new XmlError(text.startsWith('<!DOCTYPE', at) ? 'declares a document type' : DAMAGED);
    const { cdata, end, name, attributes = '', empty, text: said } = groups;
    if ((said ?? cdata ?? attributes).length > MAX_PIECE) throw new XmlError('holds a longer text than a cell can');
    if (said !== undefined) {
      if (within.length === 0 && said.trim() !== '') throw new XmlError(DAMAGED);
      const references = said.split('&').length - 1;
      if (references > 0) work(references);
      say?.(decoded(said));
    } else if (name && end) {
      if (within.pop() !== name) throw new XmlError(DAMAGED);
      close?.(name);
    } else {
      work(1 + Math.floor(attributes.length / 32));
      if (cdata !== undefined) say?.(cdata);
      if (!name) continue;
      open(name, () => attributesIn(attributes));
      if (empty) close?.(name);
      else within.push(name);
    }
  }
  if (within.length > 0) throw new XmlError(DAMAGED);
}

const DAMAGED = 'is damaged';

function attributesIn(text: string): Attributes {
  return Object.fromEntries(
    [...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single]) => [name, decoded(double ?? single ?? '')]),
  );
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The characters that references stand for; what is no reference stays as it is. */
function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name) return NAMED[name] ?? whole;
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Text as it may stand between tags and in an attribute. Characters that XML has no place for are left out. */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu, '')
    .replace(/[&<>"]/g, (sign) => `&${Object.keys(NAMED).find((name) => NAMED[name] === sign)};`);
}
