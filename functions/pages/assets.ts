import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCUMENTS, type DocumentName } from '../http/routes.ts';
import type { PageAnswer } from './respond.ts';

/** What pages link to. Each file's name holds a hash of its contents, so that browsers may keep it for good. */
export interface Assets {
  /** Paths on this host. */
  readonly styles: string;
  readonly icon: string;
  /** Documents of `docs/`, each as the middle of a page. */
  readonly documents: Readonly<Record<DocumentName, string>>;
  readonly answer: (file: string) => PageAnswer | undefined;
}

/** Shown within a page, and never by itself. */
const fileOf = (name: DocumentName): string => `${name}.html`;

const TYPES: Readonly<Record<string, string>> = { css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };

/** Reads the folder that the build put beside the function's code. */
export function readAssets(folder: string): Assets {
  const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  const path = (prefix: string): string => {
    const name = [...files.keys()].find((candidate) => candidate.startsWith(prefix));
    if (!name) throw new Error(`${folder} holds no file that begins with ${prefix}; the build puts it there`);
    return `/assets/${name}`;
  };
  const read = (name: string): string => {
    const contents = files.get(name);
    if (contents === undefined) throw new Error(`${folder} has no ${name}; the build puts it there`);
    return contents;
  };
  return {
    styles: path('styles-'),
    icon: path('icon-'),
    documents: Object.fromEntries(DOCUMENTS.map((name) => [name, read(fileOf(name))])) as Assets['documents'],
    answer: (file) => {
      const body = file.endsWith('.html') ? undefined : files.get(file);
      if (body === undefined) return undefined;
      return {
        statusCode: 200,
        headers: {
          'content-type': TYPES[file.split('.').at(-1) ?? ''] ?? 'text/plain',
          'cache-control': 'public, max-age=31536000, immutable',
        },
        body,
      };
    },
  };
}
