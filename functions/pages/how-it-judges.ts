import { type Html, trusted } from './html.ts';
import { layout, type Visit } from './layout.ts';

/** The rules of judging, as analysts read them in `docs/`. */
export function howItJudgesPage(visit: Visit): Html {
  return layout(visit, { title: 'How it judges', content: trusted(visit.assets.howItJudges) });
}
