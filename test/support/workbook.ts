import { packArchive } from '../../functions/services/archive.ts';
import { escaped } from '../../functions/services/xml.ts';

/** A cell as a workbook has it: a text, a number, or either with the number of its style in {@link STYLES}. */
export type Cell = string | number | { readonly value: number; readonly style: number } | { readonly raw: string };

/** Styles of the workbooks that tests make: plain, a date by a built-in format, a month by one of its own, per cent. */
export const STYLES = { plain: 0, date: 1, month: 2, percent: 3 } as const;

const STYLE_SHEET = `<styleSheet><numFmts count="1"><numFmt numFmtId="164" formatCode="mmm\\-yy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="10"/></cellXfs></styleSheet>`;

const letters = (index: number): string =>
  (index >= 26 ? letters(Math.floor(index / 26) - 1) : '') + String.fromCharCode(65 + (index % 26));

function cellOf(cell: Cell, at: string): string {
  if (typeof cell === 'string')
    return cell === '' ? '' : `<c r="${at}" t="inlineStr"><is><t>${escaped(cell)}</t></is></c>`;
  if (typeof cell === 'number') return `<c r="${at}"><v>${cell}</v></c>`;
  return 'raw' in cell ? cell.raw.replace('@', at) : `<c r="${at}" s="${cell.style}"><v>${cell.value}</v></c>`;
}

export function sheetXml(rows: readonly (readonly Cell[])[]): string {
  const lines = rows.map(
    (cells, row) =>
      `<row r="${row + 1}">${cells.map((cell, column) => cellOf(cell, `${letters(column)}${row + 1}`)).join('')}</row>`,
  );
  return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${lines.join('')}</sheetData></worksheet>`;
}

/** A workbook of these sheets, by name; a sheet is its rows, or the XML of its part. */
export function aWorkbook(
  sheets: Readonly<Record<string, readonly (readonly Cell[])[] | string>>,
  { strings, hidden = [], is1904 = false }: { strings?: string; hidden?: readonly string[]; is1904?: boolean } = {},
): Buffer {
  const names = Object.keys(sheets);
  return packArchive([
    [
      'xl/workbook.xml',
      `<workbook><workbookPr date1904="${is1904 ? 1 : 0}"/><sheets>${names.map((name, index) => `<sheet name="${escaped(name)}" sheetId="${index + 1}" r:id="rId${index + 1}"${hidden.includes(name) ? ' state="hidden"' : ''}/>`).join('')}</sheets></workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `<Relationships>${names.map((_, index) => `<Relationship Id="rId${index + 1}" Target="worksheets/sheet${index + 1}.xml"/>`).join('')}</Relationships>`,
    ],
    ['xl/styles.xml', STYLE_SHEET],
    ...(strings ? [['xl/sharedStrings.xml', strings] as const] : []),
    ...Object.values(sheets).map(
      (sheet, index) =>
        [`xl/worksheets/sheet${index + 1}.xml`, typeof sheet === 'string' ? sheet : sheetXml(sheet)] as const,
    ),
  ]);
}
