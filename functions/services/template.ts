import type { Metric } from '../domain/metric.ts';
import { addMonths, monthIndex, monthsBetweenReports, type Period } from '../domain/period.ts';
import type { Month, Reported } from '../domain/submission.ts';
import { packArchive } from './archive.ts';
import { FIELDS, type Field } from './names.ts';
import { escaped } from './xml.ts';

/** Workbooks that this service writes (ECMA-376): a template to fill in and send back, and figures to keep. */

/** What is written, and for whom. */
export interface Written {
  readonly authority: string;
  readonly metrics: readonly Metric[];
  /** Months as they stand, of those that are written. */
  readonly months: readonly Month[];
}

/**
 * A workbook to fill in: a row for each metric and month from `from` to `to` in which the metric is expected or was sent. What was
 * sent is there already, so that the workbook can be sent back as it is and changes nothing. Only cells that the metric
 * needs can be typed into. `readFigures` reads it.
 */
export function writeTemplate(written: Written, from: Period, to: Period): Buffer {
  const sent = new Map(written.months.map((month) => [month.period, month]));
  const rows: Row[] = [];
  for (let period = from; period <= to; period = addMonths(period, 1))
    for (const metric of written.metrics) {
      const month = sent.get(period);
      const reported = month?.retracted ? undefined : month?.observations[metric.id];
      if (reported || isExpected(metric, period)) rows.push({ period, metric, month, reported });
    }
  return workbookOf(rows, written, true);
}

/** The figures of months as a workbook, in the form of a template; it can be sent again and changes nothing. */
export function writeFigures(written: Written): Buffer {
  const metrics = new Map(written.metrics.map((metric) => [metric.id, metric]));
  const rows = written.months
    .filter(({ retracted }) => !retracted)
    .flatMap((month) =>
      Object.entries(month.observations).flatMap(([id, reported]): Row[] => {
        const metric = metrics.get(id);
        return metric ? [{ period: month.period, metric, month, reported }] : [];
      }),
    );
  return workbookOf(rows, written, false);
}

/** Within the time that the metric holds for: quarterly metrics at the ends of quarters, annual ones at the end of the financial year; others are added by hand. */
function isExpected({ frequency, from, until }: Metric, period: Period): boolean {
  if ((from !== undefined && period < from) || (until !== undefined && period > until)) return false;
  return (monthIndex(period) + 1) % monthsBetweenReports(frequency) === (frequency === 'annual' ? 3 : 0);
}

interface Row {
  readonly period: Period;
  readonly metric: Metric;
  readonly month: Month | undefined;
  readonly reported: Reported | undefined;
}

const HEADS = [
  'Month',
  'Metric',
  'Id',
  'What it needs',
  'Numerator',
  'Denominator',
  'Count',
  'Value',
  'Status',
  'Commentary',
];
const WIDTHS = [16, 34, 30, 40, 12, 12, 10, 10, 13, 40];

const NEEDED: Readonly<Record<Metric['kind'], { readonly fields: readonly Field[]; readonly words: string }>> = {
  rate: { fields: ['numerator', 'denominator', 'value'], words: 'cases and children of the place, or the rate' },
  proportion: { fields: ['numerator', 'denominator', 'value'], words: 'numerator and denominator, or the percentage' },
  count: { fields: ['count'], words: 'a whole number' },
  mean: { fields: ['value'], words: 'a number' },
};

/** The styles of {@link STYLES}, by their place there. */
const STYLE = { plain: 0, head: 1, month: 2, typed: 3, closed: 4, text: 5, wrapped: 6, percent: 7 } as const;

const STYLES = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<numFmts count="1"><numFmt numFmtId="164" formatCode="mmmm\\ yyyy"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="Arial"/></font><font><b/><sz val="11"/><name val="Arial"/></font></fonts>
<fills count="4"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFEEF4FA"/></patternFill></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE5E6E7"/></patternFill></fill></fills>
<borders count="2"><border/><border><left style="thin"/><right style="thin"/><top style="thin"/><bottom style="thin"/></border></borders>
<cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="8">
<xf/>
<xf fontId="1" applyFont="1"/>
<xf numFmtId="164" applyNumberFormat="1"><alignment horizontal="left"/></xf>
<xf fillId="2" borderId="1" applyFill="1" applyBorder="1" applyProtection="1"><protection locked="0"/></xf>
<xf fillId="3" applyFill="1"/>
<xf numFmtId="49" fillId="2" borderId="1" applyNumberFormat="1" applyFill="1" applyBorder="1" applyProtection="1"><protection locked="0"/></xf>
<xf applyAlignment="1"><alignment wrapText="1" vertical="top"/></xf>
<xf numFmtId="10" fillId="2" borderId="1" applyNumberFormat="1" applyFill="1" applyBorder="1" applyProtection="1"><protection locked="0"/></xf>
</cellXfs>
</styleSheet>`;

const letterOf = (column: number): string => String.fromCharCode(65 + column);

const text = (at: string, value: string, style: number): string =>
  value === ''
    ? `<c r="${at}" s="${style}"/>`
    : `<c r="${at}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`;
const number = (at: string, value: number | undefined, style: number): string =>
  `<c r="${at}" s="${style}">${value === undefined ? '' : `<v>${value}</v>`}</c>`;

/** The day that a spreadsheet numbers so: the first of the month. */
const serialOf = (period: Period): number => (Date.parse(`${period}-01`) - Date.UTC(1899, 11, 30)) / 86_400_000;

function rowXml({ period, metric, month, reported }: Row, line: number, isFirst: boolean): string {
  const at = (column: number): string => `${letterOf(column)}${line}`;
  const { fields, words } = NEEDED[metric.kind];
  const figures = FIELDS.map((field, index) => {
    const value = (reported as Partial<Record<Field, number>> | undefined)?.[field];
    const isPercent = metric.kind === 'proportion' && field === 'value';
    // In a cell for percentages, what is typed as 76 or as 76% is both 76%; a protected sheet would make 0.76 of the latter.
    const style = isPercent ? STYLE.percent : fields.includes(field) ? STYLE.typed : STYLE.closed;
    // A bare percentage says that it is one, as 0.8 alone could be a share.
    return isPercent && value !== undefined
      ? text(at(4 + index), `${value}%`, style)
      : number(at(4 + index), value, style);
  });
  return `<row r="${line}">${[
    number(at(0), serialOf(period), STYLE.month),
    text(at(1), metric.title, STYLE.plain),
    text(at(2), metric.id, STYLE.plain),
    text(at(3), words, STYLE.plain),
    ...figures,
    text(at(8), reported && month ? month.status : '', STYLE.typed),
    text(at(9), isFirst ? (month?.commentary ?? '') : '', STYLE.text),
  ].join('')}</row>`;
}

function sheetXml(rows: readonly Row[], isProtected: boolean): string {
  const last = rows.length + 1;
  const seen = new Set<string>();
  const lines = rows.map((row, index) => {
    const isFirst = row.reported !== undefined && !seen.has(row.period);
    if (isFirst) seen.add(row.period);
    return rowXml(row, index + 2, isFirst);
  });
  const head = `<row r="1">${HEADS.map((name, column) => text(`${letterOf(column)}1`, name, STYLE.head)).join('')}</row>`;
  const rule = (type: string, cells: string, rest: string): string =>
    `<dataValidation type="${type}" allowBlank="1" showErrorMessage="1" sqref="${cells}"${rest}</dataValidation>`;
  const validations = [
    rule(
      'whole',
      `E2:G${last}`,
      ' operator="greaterThanOrEqual" errorTitle="A whole number" error="Type a whole number from 0 on, or leave the cell blank."><formula1>0</formula1>',
    ),
    rule(
      'list',
      `I2:I${last}`,
      ' errorTitle="final or provisional" error="Choose final or provisional."><formula1>"final,provisional"</formula1>',
    ),
  ];
  return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>${WIDTHS.map((width, column) => `<col min="${column + 1}" max="${column + 1}" width="${width}" customWidth="1"/>`).join('')}</cols><sheetData>${head}${lines.join('')}</sheetData>${isProtected ? '<sheetProtection sheet="1" formatColumns="0" formatRows="0" sort="0" autoFilter="0"/>' : ''}<autoFilter ref="A1:J${last}"/>${rows.length > 0 ? `<dataValidations count="${validations.length}">${validations.join('')}</dataValidations>` : ''}</worksheet>`;
}

const HELP = [
  'Type figures into the cells with a border. Grey cells are not needed for the metric of their line.',
  'A figure that was sent before is there already. Type over it to correct it; leave it, and it stays.',
  'A blank cell means "not reported". It is never taken for 0, and it takes nothing out that was sent before.',
  'A proportion needs numerator and denominator. Where only the percentage is known, type it into Value with its sign: 76%.',
  'Where there was nothing to count this month, type 0 and 0.',
  'The status is final unless you choose provisional. A month has one status: what one of its lines says holds for all.',
  'Commentary is about the month as a whole; one of its lines is enough.',
  'The sheet is protected without a password, so that nothing is moved by mistake.',
  'When you are done, save the workbook and send it: on the page under "Submit figures", or by "monitor submit FILE.xlsx". You see what it changes before anything is stored.',
];

function helpXml({ authority, metrics }: Written): string {
  const line = (cells: readonly string[], index: number, style: number): string =>
    `<row r="${index + 1}">${cells.map((cell, column) => text(`${letterOf(column)}${index + 1}`, cell, style)).join('')}</row>`;
  const rows = [
    line([`${authority}: how to fill in this workbook`], 0, STYLE.head),
    ...HELP.map((sentence, index) => line([sentence], index + 2, STYLE.plain)),
    line(['What each measures', 'Definition', 'How often'], HELP.length + 3, STYLE.head),
    ...metrics.map(({ title, definition, frequency }, index) =>
      line([title, definition, frequency], HELP.length + 4 + index, STYLE.wrapped),
    ),
  ];
  return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cols><col min="1" max="1" width="40" customWidth="1"/><col min="2" max="2" width="100" customWidth="1"/><col min="3" max="3" width="12" customWidth="1"/></cols><sheetData>${rows.join('')}</sheetData></worksheet>`;
}

const SHEETS = ['Figures', 'How to fill this in'];

/** Named so, screen readers read a cell with the headings of its column and its row (Freedom Scientific, "Defining names in Excel"). */
function namesXml(rows: number): string {
  const last = `${letterOf(HEADS.length - 1)}${rows + 1}`.toLowerCase();
  return `<definedNames><definedName name="_xlnm.Print_Titles" localSheetId="0">Figures!$1:$1</definedName><definedName name="TitleRegion1.a1.${last}.1" localSheetId="0">Figures!$A$1</definedName></definedNames>`;
}

/** What the workbook is called and which language it is in, for whoever has it read out. */
const propertiesXml = (title: string): string =>
  `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${escaped(title)}</dc:title><dc:creator>Inspection monitor</dc:creator><dc:language>en-GB</dc:language></cp:coreProperties>`;

const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

function workbookOf(rows: readonly Row[], written: Written, isProtected: boolean): Buffer {
  const parts: [string, string][] = [
    [
      '[Content_Types].xml',
      `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/>${SHEETS.map((_, index) => `<Override PartName="/xl/worksheets/sheet${index + 1}.xml" ContentType="${TYPE}.worksheet+xml"/>`).join('')}</Types>`,
    ],
    [
      '_rels/.rels',
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${REL}/officeDocument" Target="xl/workbook.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`,
    ],
    ['docProps/core.xml', propertiesXml(`${written.authority}: ${isProtected ? 'figures to fill in' : 'figures'}`)],
    [
      'xl/workbook.xml',
      `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${REL}"><sheets>${SHEETS.map((name, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`).join('')}</sheets>${namesXml(rows.length)}</workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${SHEETS.map((_, index) => `<Relationship Id="rId${index + 1}" Type="${REL}/worksheet" Target="worksheets/sheet${index + 1}.xml"/>`).join('')}<Relationship Id="rId${SHEETS.length + 1}" Type="${REL}/styles" Target="styles.xml"/></Relationships>`,
    ],
    ['xl/styles.xml', STYLES],
    ['xl/worksheets/sheet1.xml', sheetXml(rows, isProtected)],
    ['xl/worksheets/sheet2.xml', helpXml(written)],
  ];
  return packArchive(parts.map(([name, body]) => [name, XML + body]));
}
