import { action } from './evaluators/action.ts';
import type { Finding } from './evaluators/evaluator.ts';
import { submission } from './evaluators/submission.ts';
import { sentence } from './format.ts';
import { type AlertState, advance, CLEAR } from './lifecycle.ts';
import { AUTHORITY_ALERT_IDS, type AuthorityAlertId, type Metric } from './metric.ts';
import type { AuthorityAlertRule, Obligations } from './obligations.ts';

/** Every alert of an authority. One more is one more entry here and its id in {@link AUTHORITY_ALERT_IDS}. */
export const AUTHORITY_ALERTS: Readonly<Record<AuthorityAlertId, AuthorityAlertRule>> = { submission, action };

export function isAuthorityAlert(id: string): id is AuthorityAlertId {
  return Object.hasOwn(AUTHORITY_ALERTS, id);
}

/** The title that people know an alert by: its metric's, or that of an alert of the authority. Of a metric that is gone its id says the same. */
export function titleOfAlert(id: string, metrics: readonly Pick<Metric, 'id' | 'title'>[]): string {
  const own = isAuthorityAlert(id) ? AUTHORITY_ALERTS[id].title : sentence(id.replaceAll('-', ' '));
  return metrics.find((metric) => metric.id === id)?.title ?? own;
}

/** An alert of the authority as far as `now` has it: there is no second clean period to wait for. */
export interface AuthorityAlert {
  readonly alert: AlertState;
  readonly period: string;
  readonly findings: readonly Finding[];
}

export function judgeAuthority(obligations: Obligations): { id: AuthorityAlertId; judged: AuthorityAlert }[] {
  return AUTHORITY_ALERT_IDS.flatMap((id) => {
    const found = AUTHORITY_ALERTS[id].judge(obligations);
    if (!found) return [];
    const { since, period, level, text, numbers } = found;
    const finding: Finding = { evaluator: id, level, reason: text, text, numbers };
    return [{ id, judged: { ...advance(CLEAR, level, since, { clearsAtOnce: true }), period, findings: [finding] } }];
  });
}

/** The next instant at which time alone changes an alert of the authority. */
export function nextDueAfter(obligations: Obligations): Date | undefined {
  const now = obligations.now.getTime();
  const ahead = Object.values(AUTHORITY_ALERTS)
    .flatMap(({ deadlines }) => deadlines(obligations))
    .map((at) => at.getTime())
    .filter((at) => at > now);
  return ahead.length > 0 ? new Date(Math.min(...ahead)) : undefined;
}
