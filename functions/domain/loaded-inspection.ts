import * as z from 'zod';
import { BySchema } from './access.ts';
import type { Action, Progress } from './action.ts';
import { type SettingsVersion, settingsIn } from './authority.ts';
import type { Benchmark } from './benchmark.ts';
import { frameworkOf } from './frameworks.ts';
import { type GradedJudgement, type Inspection, type InspectionHeader, InspectionSchema } from './inspection.ts';
import type { Baseline, LocalStandard, Metric, MetricDefinition, MetricFinding } from './metric.ts';
import { periodOf } from './period.ts';
import type { Unreadable } from './unreadable.ts';

/** Inspections as they are stored, and put together: the one that leads, and what every one found. */

/** An inspection as it is stored: the report, and what it says of metrics. */
export const ReportSchema = InspectionSchema.omit({ metrics: true }).extend({
  /** No longer counted; kept to be read. */
  retired: z.boolean().optional(),
});

export type Report = z.infer<typeof ReportSchema>;

/** When something was done, and by whom (`BySchema`, or `a deployment`). */
export const DoneSchema = z.object({ at: z.iso.datetime(), by: BySchema });
export type Done = z.infer<typeof DoneSchema>;

/** A report as it is kept: with who loaded it last, and who retired it; absent where that was not recorded. */
export interface KeptReport extends Report {
  readonly loaded?: Done;
  readonly retiredBy?: Done;
}

/** One of an authority's inspections, with what became of its actions. */
export interface Inspected {
  readonly header: InspectionHeader;
  readonly retired: boolean;
  /** When it was loaded last, and by whom; absent where that was not recorded. */
  readonly loaded?: Done;
  /** When it was retired, and by whom. */
  readonly retiredBy?: Done;
  readonly judgements: readonly GradedJudgement[];
  readonly actions: readonly Action[];
  readonly figures: Inspection['figures'];
  /** Oldest version first. */
  readonly progress: readonly Progress[];
}

/**
 * The most that an authority has of each, far beyond what one could mean: all of it is read whenever it is judged, and what is
 * worked out from it has to fit items, e-mails and pages. `versions` are standards, reports of progress and settings together.
 */
export const MOST = { metrics: 400, inspections: 60, versions: 2000 } as const;
/**
 * The most bytes that inspections and metrics take together, with all that people wrote in them and the changes that are kept of
 * each metric, a hundred times what an authority has; and that one of them takes as it is stored, where DynamoDB takes 400 KB.
 */
export const MOST_LOADED_BYTES = 8 * 1024 * 1024;
export const MOST_STORED_BYTES = 350 * 1024;

/** An authority's inspections as loaded, with what it set since. What is not in `inspections` is the leading one's. */
export interface LoadedInspection {
  readonly header: InspectionHeader;
  /** Of all that is loaded: tells whether it changed. */
  readonly fingerprint: string;
  readonly metrics: readonly Metric[];
  readonly judgements: readonly GradedJudgement[];
  readonly actions: readonly Action[];
  /** Oldest version first. */
  readonly localStandards: readonly LocalStandard[];
  /** Oldest version first. */
  readonly progress: readonly Progress[];
  /** Oldest version first; none where nothing was set. */
  readonly settings?: readonly SettingsVersion[];
  /** Published figures of other places, by metric. */
  readonly benchmarks: readonly Benchmark[];
  /** Every inspection, the newest first; the leading one among them. */
  readonly inspections: readonly Inspected[];
  /** What is stored and missing here, as it cannot be read. */
  readonly unreadable?: readonly Unreadable[];
}

/** What is stored of an authority, apart from its figures. */
export interface StoredInspections {
  /** As people write it; as its leading inspection has it unless it is stored. */
  readonly name?: string | undefined;
  readonly fingerprint: string;
  readonly reports: readonly KeptReport[];
  readonly definitions: readonly MetricDefinition[];
  readonly localStandards: readonly LocalStandard[];
  readonly progress: readonly Progress[];
  readonly settings?: readonly SettingsVersion[];
  readonly benchmarks: readonly Benchmark[];
}

/**
 * Puts together what is stored: the newest full inspection leads, and each metric gets what every inspection found.
 * Undefined where nothing is loaded.
 */
export function loadedFrom({
  name,
  fingerprint,
  reports,
  definitions,
  ...since
}: StoredInspections): LoadedInspection | undefined {
  const newestFirst = [...reports].sort((a, b) => (a.published < b.published ? 1 : -1));
  const counted = newestFirst.filter(({ retired }) => !retired);
  const full = counted.filter((report) => frameworkOf(report).full);
  const leading = full[0] ?? counted[0] ?? newestFirst[0];
  if (!leading) return undefined;
  const inspections = newestFirst.map((report) => inspectedFrom(report, since.progress));
  const { judgements, actions, progress, header } = inspections[newestFirst.indexOf(leading)] as Inspected;
  const rebaseDates = counted.flatMap((report) => report.rebaseDates).sort((a, b) => (a.date < b.date ? -1 : 1));
  return {
    ...{
      header: { ...header, name: settingsIn(since.settings).name ?? name ?? header.name, rebaseDates },
      fingerprint,
      judgements,
      actions,
      progress,
      inspections,
    },
    metrics: definitions.map((definition) => metricFrom(definition, leading, full)),
    localStandards: since.localStandards,
    settings: since.settings ?? [],
    benchmarks: since.benchmarks,
  };
}

function inspectedFrom(
  { judgements, actions, figures, findings: _, retired, loaded, retiredBy, ...header }: KeptReport,
  progress: readonly Progress[],
): Inspected {
  const { grades } = frameworkOf(header);
  const graded = judgements.map((judgement) => ({
    ...judgement,
    ...(grades[judgement.grade] ?? { words: judgement.grade, tone: 'short' as const }),
  }));
  const own = progress.filter(({ inspection }) => inspection === undefined || inspection === header.id);
  const done = { ...(loaded && { loaded }), ...(retired && retiredBy && { retiredBy }) };
  return { header, retired: retired === true, ...done, judgements: graded, actions, figures, progress: own };
}

/** @param full the inspections that figures are held against, the newest first. */
function metricFrom(definition: MetricDefinition, leading: Report, full: readonly Report[]): Metric {
  const findingIn = (report: Report): Omit<MetricFinding, 'metric'> => {
    const found = report.findings.find(({ metric }) => metric === definition.id);
    if (!found) return { baseline: nothingIn(report), actions: [], paragraphs: [], judgement: null };
    const { metric: _, ...finding } = found;
    return finding;
  };
  const found =
    full.length < 2
      ? {}
      : {
          found: full
            .map((report) => ({
              inspection: report.id,
              from: periodOf(report.published),
              baseline: findingIn(report).baseline,
            }))
            .reverse(),
        };
  return { ...definition, ...findingIn(leading), ...found };
}

const nothingIn = ({ title }: Report): Baseline => ({ kind: 'none', statement: `Nothing is said of it in: ${title}.` });

/** What a file says as it is stored: the report with its findings, and the definitions of the metrics that it brings. */
export function storedFrom(inspection: Inspection): { report: Report; definitions: MetricDefinition[] } {
  const { metrics, findings, ...rest } = inspection;
  const split = metrics.map(({ baseline, actions, paragraphs, judgement, ...definition }) => ({
    definition,
    finding: { metric: definition.id, baseline, actions, paragraphs, judgement },
  }));
  return {
    report: { ...rest, findings: [...split.map(({ finding }) => finding), ...findings] },
    definitions: split.map(({ definition }) => definition),
  };
}
