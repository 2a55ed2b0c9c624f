import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { marked } from 'marked';
import { compile } from 'sass';
import { DOCUMENTS } from '../functions/http/routes.ts';
import { FUNCTIONS, ROOT } from './paths.ts';

const PAGES = join(FUNCTIONS, 'pages');

/** Writes what the pages link to, each under a name that holds a hash of its contents. */
export function buildAssets(folder: string): void {
  const { css } = compile(join(PAGES, 'styles.scss'), {
    loadPaths: [join(ROOT, 'node_modules')],
    style: 'compressed',
    quietDeps: true,
  });
  mkdirSync(folder, { recursive: true });
  write(folder, 'styles', 'css', css);
  write(folder, 'icon', 'svg', readFileSync(join(PAGES, 'icon.svg'), 'utf8'));
  for (const name of DOCUMENTS)
    writeFileSync(join(folder, `${name}.html`), renderDocument(join(ROOT, 'docs', `${name}.md`)));
}

/** A document of `docs/` as the middle of a page: with the classes that the style sheet knows, wide parts in boxes that scroll. */
function renderDocument(file: string): string {
  // Comments are for whoever changes the document.
  const html = marked.parse(readFileSync(file, 'utf8').replaceAll(/<!--.*?-->/gs, ''), { async: false });
  return (
    html
      .replaceAll('<h1>', '<h1 class="govuk-heading-l">')
      .replaceAll('<h2>', '<h2 class="govuk-heading-m">')
      .replaceAll('<h3>', '<h3 class="govuk-heading-s">')
      .replaceAll('<p>', '<p class="govuk-body">')
      .replaceAll('<ul>', '<ul class="govuk-list govuk-list--bullet">')
      .replaceAll('<ol>', '<ol class="govuk-list govuk-list--number">')
      .replaceAll('<table>', '<div class="app-scroll app-document" tabindex="0"><table class="govuk-table">')
      .replaceAll('</table>', '</table></div>')
      .replaceAll('<thead>', '<thead class="govuk-table__head">')
      .replaceAll('<th>', '<th scope="col" class="govuk-table__header">')
      .replaceAll('<td>', '<td class="govuk-table__cell">')
      .replaceAll('<pre>', '<pre class="app-mail" tabindex="0">')
      // Beside the page there are no other documents: what they are called is said, without a link that leads nowhere.
      .replaceAll(/<a href="(?!https?:|#)[^"]*">(.*?)<\/a>/gs, '$1')
      .replaceAll('<a href', '<a class="govuk-link" href')
  );
}

function write(folder: string, name: string, extension: string, contents: string): void {
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 12);
  writeFileSync(join(folder, `${name}-${hash}.${extension}`), contents);
}
