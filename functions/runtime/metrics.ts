/**
 * What the functions count about the service's own work, as CloudWatch metrics in the namespace named after the stack.
 * No dimension but the function, except where an alarm has to name an authority: one for each would cost 0.30 USD a month
 * for each authority and metric.
 * Emitted where the outcome is final (after the transaction, after the publish), so that a repeat counts nothing.
 */
export const METRICS = {
  /** Revisions of months that were judged for the first time. Counted where they are judged: `submit` stays quick to load. */
  Submissions: { emittedBy: 'evaluate', unit: 'Count' },
  /** Alerts raised or worsened. */
  Raised: { emittedBy: 'evaluate', unit: 'Count' },
  /** Alerts for figures that did not come in time. */
  Late: { emittedBy: 'evaluate', unit: 'Count' },
  /** Notices that SNS took. */
  Mailed: { emittedBy: 'notify', unit: 'Count' },
  /** Age of the oldest notice that the hourly run left unsent; 0 where there is none. */
  OldestUnsentNotice: { emittedBy: 'notify', unit: 'Seconds' },
  /** Notices that wait as nobody who would get them has confirmed; by authority, and only while there are any. */
  WaitingNotices: { emittedBy: 'notify', unit: 'Count' },
  /** People who have confirmed, each hour. */
  ConfirmedRecipients: { emittedBy: 'notify', unit: 'Count' },
  /** Confirmed subscriptions of the operations topic, each hour. */
  ConfirmedOperators: { emittedBy: 'seed', unit: 'Count' },
} as const satisfies Record<string, { readonly emittedBy: string; readonly unit: 'Count' | 'Seconds' }>;

export type MetricName = keyof typeof METRICS;

/**
 * A notice unsent for longer, in seconds, is a failure: the hourly run sends what the stream could not, and whatever it could not send
 * either is then this old.
 */
export const UNSENT_TOO_LONG_S = 2 * 60 * 60;
