import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from 'sass';
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
}

function write(folder: string, name: string, extension: string, contents: string): void {
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 12);
  writeFileSync(join(folder, `${name}-${hash}.${extension}`), contents);
}
