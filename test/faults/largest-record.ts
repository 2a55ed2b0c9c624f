import { ReportSchema } from '../../functions/domain/loaded-inspection.ts';
import { type LocalStandard, MetricDefinitionSchema } from '../../functions/domain/metric.ts';
import { addMonths, MAX_PERIODS } from '../../functions/domain/period.ts';
import { type Item, itemOf } from '../../functions/store/database.ts';
import { fingerprintOf } from '../../functions/store/inspections.ts';
import {
  AUTHORITY_KEY,
  ackKey,
  authorityKey,
  benchmarkKey,
  currentKey,
  inspectionKey,
  metricKey,
  OWN_NAMES_KEY,
  progressKey,
  revisionKey,
  settingsKey,
  standardKey,
} from '../../functions/store/keys.ts';
import type { WholeRecord } from '../../functions/store/recovery.ts';

/**
 * The largest record that is accepted: 360 months of 400 metrics, 60 inspections, 2,000 versions, and every text as long as can be, of
 * letters of three bytes each that are as little alike as can be; where texts are bounded together, as much as that allows.
 */

let seed = 7;
const random = (): number => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
};
const letters = (length: number, from: number, of: number): string =>
  Array.from({ length }, () => String.fromCharCode(from + Math.floor(random() * of))).join('');
const POOL = letters(400_000, 0x4e00, 20_000);
const text = (length: number): string => {
  const start = Math.floor(random() * (POOL.length - length));
  return POOL.slice(start, start + length);
};
const texts = (count: number, length: number): string[] => Array.from({ length: count }, () => text(length));
const anId = (length = 64): string => letters(length, 97, 26);

export const AUTHORITY = anId();
export const METRICS = Array.from({ length: 400 }, () => anId());
const FIRST = '2011-01';
export const PERIODS = Array.from({ length: MAX_PERIODS }, (_, index) => addMonths(FIRST, index));
const LAST_GOOD = addMonths(PERIODS.at(-1) ?? '', -5);
const AT = '2041-01-10T00:00:00.000Z';
const BY = text(254);
const pk = authorityKey(AUTHORITY);

const metricOf = (id: string) =>
  MetricDefinitionSchema.parse({
    ...{ id, title: text(80), aliases: texts(10, 80), definition: text(2000), unit: 'percent', source: text(300) },
    ...{ kind: 'proportion', polarity: 'higher', frequency: 'monthly', cases: 'flow', window: 'month' },
    ...{ holdLine: false, tolerance: null, section: anId(), from: FIRST },
    standards: [{ value: 80, from: '2000-01', basis: 'local', note: text(40) }],
    changes: [{ at: AT, what: text(300), author: text(200), reason: text(1000), by: BY }],
  });

const reportOf = (index: number) => {
  const place = '999';
  return ReportSchema.parse({
    ...{ id: `${anId(60)}-${index}`, authority: AUTHORITY, name: text(60), framework: 'ilacs-2018' },
    ...{ title: text(200), inspectorate: text(120), published: `${1950 + index}-03-01`, rebaseDates: [] },
    fieldwork: { from: '1949-01-01', to: '1949-01-20' },
    // The newest leads; of the others there is as much as all of them may take together.
    judgements: Array.from({ length: index < 59 ? 2 : 100 }, (_, at) => ({
      ...{ id: `${anId(60)}-${at}`, section: anId(), title: text(200), grade: 'inadequate', paragraph: place },
      ...{ period: text(40), record: true, note: text(500) },
    })),
    actions: Array.from({ length: 60 }, (_, at) => ({
      ...{ id: `A${at}`, section: anId(), title: text(index < 59 ? 20 : 300), timescale: text(60) },
      ...{ due: '2012-01-01', dueBasis: 'inspection', paragraph: place },
    })),
  });
};

/** A month with every figure, as it is sent; the last five fall far below every standard. */
export const sent = (period: string) => ({
  status: 'final',
  commentary: text(10_000),
  observations: Object.fromEntries(
    METRICS.map((id) => {
      const denominator = 9_000_000 + Math.floor(random() * 1e6);
      return [id, { numerator: Math.floor(denominator * (period > LAST_GOOD ? 0.2 : 0.9)), denominator }];
    }),
  ),
});

const monthsOf = (period: string, revisions: number): Item[] => {
  const months = Array.from({ length: revisions }, (_, index) => ({
    ...{ ...sent(period), period, revision: index + 1, submittedAt: AT, by: BY, reason: text(1000) },
    confirmed: METRICS,
  }));
  const items = months.map((month) =>
    itemOf(pk, revisionKey(period, month.revision), month, { revision: { N: String(month.revision) } }),
  );
  return [{ ...(items.at(-1) as Item), sk: { S: currentKey(period) } }, ...items];
};

const given = () => ({ author: text(200), note: text(2000), at: AT, by: BY });

/** With as many months as leave `free` of them to be sent. */
export function largestRecord(free: number): WholeRecord {
  const reports = Array.from({ length: 60 }, (_, index) => reportOf(index));
  const loaded = [
    ...reports.map((report) => itemOf(pk, inspectionKey(report.id), report)),
    ...METRICS.map((id, index) => itemOf(pk, metricKey(id), metricOf(id), { place: { N: String(index) } })),
  ];
  const said = () => ({ author: text(200), reason: text(1000), setAt: AT, by: BY });
  const standards = Array.from({ length: 1000 }, (_, index) => {
    const metric = METRICS[index % METRICS.length] as string;
    const version = 1 + Math.floor(index / METRICS.length);
    const rebaseDates = Array.from({ length: 60 }, (_, each) => `${addMonths(FIRST, 3 * each)}-01`);
    const standard: LocalStandard = { metric, version, from: FIRST, value: 79 + version, rebaseDates, ...said() };
    return itemOf(pk, standardKey(metric, version), standard);
  });
  const inspection = reports.at(-1)?.id ?? '';
  const progress = Array.from({ length: 900 }, (_, index) => {
    const [action, version] = [`A${index % 60}`, 1 + Math.floor(index / 60)];
    const reported = { inspection, action, version, state: 'open', evidence: text(2000), author: text(200), at: AT };
    return itemOf(pk, progressKey(inspection, action, version), { ...reported, by: BY });
  });
  const settings = Array.from({ length: 100 }, (_, index) =>
    itemOf(pk, settingsKey(index + 1), { version: index + 1, name: text(60), ...said() }),
  );
  const benchmarks = METRICS.map((metric) =>
    itemOf(pk, benchmarkKey(metric), {
      ...{ metric, measure: text(200), source: text(300), neighbours: texts(20, 60), author: text(200) },
      ...{ loadedAt: AT, by: BY },
      years: Array.from({ length: 40 }, (_, year) => ({
        ...{ year: 2000 + year, month: `${2000 + year}-03`, england: 71.123456 },
        neighbours: { middle: 68.123456, least: 60.123456, most: 80.456789, of: 20, unpublished: 20 },
      })),
    }),
  );
  const known = { fingerprint: { S: fingerprintOf(loaded) }, settings: { N: '100' } };
  const names = Array.from({ length: 300 }, (_, index) => ({
    ...{ name: text(200), metric: METRICS[index], id: index.toString(16).padStart(16, '0'), at: AT, by: BY },
  }));
  return {
    baselines: [
      itemOf(pk, AUTHORITY_KEY, { id: AUTHORITY, name: text(60) }, known),
      ...[...loaded, ...standards, ...progress, ...settings, ...benchmarks],
    ],
    submissions: [
      itemOf(pk, OWN_NAMES_KEY, { version: 300, names }),
      ...PERIODS.slice(0, MAX_PERIODS - free).flatMap((period, index) => monthsOf(period, index === 0 ? 60 : 1)),
    ],
    alerts: METRICS.map((alert) =>
      itemOf(pk, ackKey(alert), {
        ...{ alert, ...given(), period: LAST_GOOD, level: 'critical', earlier: [given(), given()] },
      }),
    ),
  };
}
