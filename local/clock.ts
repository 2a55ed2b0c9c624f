/** Emulates the time on AWS: every part of an instance, and every function, asks this clock. */

/** The time as the instance and its functions see it: the machine's, moved by a number of milliseconds. */
export interface Clock {
  /** Milliseconds to add to the machine's time. */
  readonly offset: number;
  now(): number;
  /** Makes it read `instant` (as `createClock` takes one) at this moment; it ticks on from there. */
  moveTo(instant: string): void;
}

/**
 * A ticking clock that reads `start` at this moment; without `start` the machine's own.
 * `start` is an ISO 8601 date (midnight UTC) or instant.
 */
export function createClock(start?: string): Clock {
  let offset = start === undefined ? 0 : offsetOf(start);
  return {
    get offset() {
      return offset;
    },
    now: () => Date.now() + offset,
    moveTo(instant) {
      offset = offsetOf(instant);
    },
  };
}

function offsetOf(instant: string): number {
  const time = Date.parse(instant);
  if (Number.isNaN(time)) throw new Error(`clock: '${instant}' is not an ISO date or instant, such as 2011-10-15`);
  return time - Date.now();
}
