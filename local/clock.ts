/** The time as the instance and its functions see it: the machine's, moved by a fixed number of milliseconds. */
export interface Clock {
  /** Milliseconds to add to the machine's time. */
  readonly offset: number;
  now(): number;
}

/**
 * A ticking clock that reads `start` at this moment; without `start` the machine's own.
 * `start` is an ISO 8601 date (midnight UTC) or instant.
 */
export function createClock(start?: string): Clock {
  let offset = 0;
  if (start !== undefined) {
    const instant = Date.parse(start);
    if (Number.isNaN(instant)) throw new Error(`clock: '${start}' is not an ISO date or instant, such as 2011-10-15`);
    offset = instant - Date.now();
  }
  return { offset, now: () => Date.now() + offset };
}
