import * as z from 'zod';

/** What kind of inspection a report is of: which grades it gives, in its own words, and which sections it has. */

/** How a grade is coloured, from the best to the worst. Frameworks differ in their words; a colour is never shown alone. */
export const ToneSchema = z.enum(['best', 'good', 'short', 'poor']);
export type Tone = z.infer<typeof ToneSchema>;

const KeySchema = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens')
  .max(64);
const WordsSchema = z.string().trim().min(1).max(80);

/** Grades and sections by their id, in the order in which they are shown. */
export const FrameworkSchema = z.strictObject({
  title: WordsSchema,
  /** Whether it looks at everything, and so takes the place of the inspection before; a visit does not. */
  full: z.boolean(),
  grades: z.record(KeySchema, z.strictObject({ words: WordsSchema, tone: ToneSchema })),
  sections: z.record(KeySchema, WordsSchema),
});
export type Framework = z.infer<typeof FrameworkSchema>;

const OUTSTANDING = { words: 'Outstanding', tone: 'best' } as const;
const GOOD = { words: 'Good', tone: 'good' } as const;
const INADEQUATE = { words: 'Inadequate', tone: 'poor' } as const;

const ILACS_SECTIONS = {
  overall: 'Overall effectiveness',
  leadership: 'The impact of leaders',
  'help-and-protection': 'Children who need help and protection',
  'in-care': 'Children in care',
  'care-leavers': 'Care leavers',
};

/** By id; the years are those in which each began. Ofsted's own frameworks and evaluation criteria name grades and sections. */
export const FRAMEWORKS = {
  'salac-2009': {
    title: 'Inspection of safeguarding and looked after children services (2009 to 2012)',
    full: true,
    grades: {
      outstanding: OUTSTANDING,
      good: GOOD,
      adequate: { words: 'Adequate', tone: 'short' },
      inadequate: INADEQUATE,
    },
    sections: { safeguarding: 'Safeguarding', 'looked-after': 'Looked after children' },
  },
  'sif-2013': {
    title:
      'Single inspection of services for children in need of help and protection, children looked after and care leavers (2013 to 2017)',
    full: true,
    grades: {
      outstanding: OUTSTANDING,
      good: GOOD,
      'requires-improvement': { words: 'Requires improvement', tone: 'short' },
      inadequate: INADEQUATE,
    },
    sections: {
      overall: 'Overall effectiveness',
      'help-and-protection': 'Children who need help and protection',
      'looked-after': 'Children looked after and achieving permanence',
      leadership: 'Leadership, management and governance',
      board: 'Local Safeguarding Children Board',
    },
  },
  'ilacs-2018': {
    title: "Inspection of local authority children's services (ILACS, from 2018)",
    full: true,
    grades: {
      outstanding: OUTSTANDING,
      good: GOOD,
      'requires-improvement': { words: 'Requires improvement to be good', tone: 'short' },
      inadequate: INADEQUATE,
    },
    sections: ILACS_SECTIONS,
  },
  'focused-visit': { title: 'Focused visit (no grades)', full: false, grades: {}, sections: ILACS_SECTIONS },
  'monitoring-visit': { title: 'Monitoring visit (no grades)', full: false, grades: {}, sections: ILACS_SECTIONS },
} as const satisfies Record<string, Framework>;

/** One of ours, or `own`: then the report brings its own grades and sections with it. */
export const FrameworkIdSchema = z.enum([...(Object.keys(FRAMEWORKS) as (keyof typeof FRAMEWORKS)[]), 'own']);
export type FrameworkId = z.infer<typeof FrameworkIdSchema>;

/** The framework of a report. An `own` one without its description has neither grades nor sections. */
export function frameworkOf({
  framework,
  ownFramework,
}: {
  readonly framework: FrameworkId;
  readonly ownFramework?: Framework | undefined;
}): Framework {
  if (framework !== 'own') return FRAMEWORKS[framework];
  return ownFramework ?? { title: 'Framework of its own', full: true, grades: {}, sections: {} };
}
