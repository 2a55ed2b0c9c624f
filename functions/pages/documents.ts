import { monthName } from '../domain/format.ts';
import type { DocumentName } from '../http/routes.ts';
import { html, trusted } from './html.ts';
import { type Layout, layout, type Visit } from './layout.ts';

const TITLES: Readonly<Record<DocumentName, string>> = {
  'how-it-judges': 'How it judges',
  accessibility: 'Accessibility statement',
  'privacy-notice': 'Privacy notice',
};

/** The columns of worked examples stand below each other whichever months they are of. */
const LONGEST_MONTH = 'September 2011';

/** A document of `docs/` as a page. `contact` is whom people write to about it; undefined where nobody was named. */
export function documentPage(visit: Visit, name: DocumentName, contact: string | undefined): Layout['content'] {
  const whom = contact
    ? html`<a class="govuk-link" href="mailto:${contact}">${contact}</a>`
    : 'whoever gave you access to this service';
  const content = trusted(
    visit.assets.documents[name]
      .replaceAll('{contact}', () => `${whom}`)
      // Worked examples have months as files do; people read them as they are written everywhere else.
      .replaceAll(/<pre.*?<\/pre>/gs, (example) =>
        example
          .replaceAll(/^ {9}/gm, ' '.repeat(LONGEST_MONTH.length + 2))
          .replaceAll(/\b\d{4}-(0[1-9]|1[0-2])\b/g, (month) => monthName(month).padEnd(LONGEST_MONTH.length)),
      ),
  );
  return layout(visit, { title: TITLES[name], content });
}
