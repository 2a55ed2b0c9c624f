/** Medians of interleaved runs: two things are only compared within one run, turn by turn, because the machine drifts. */
export interface Spread {
  readonly median: number;
  /** First and third quartile. */
  readonly low: number;
  readonly high: number;
  readonly runs: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const below = sorted[Math.floor(place)] ?? Number.NaN;
    const above = sorted[Math.ceil(place)] ?? Number.NaN;
    return below + (above - below) * (place % 1);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75), runs: sorted.length };
}

/** Runs each contestant once a turn, in an order that rotates, and gives what each reported. The first `warmUp` turns do not count. */
export async function interleave<Name extends string>(
  contestants: Readonly<Record<Name, () => Promise<number> | number>>,
  turns: number,
  warmUp = 2,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let turn = -warmUp; turn < turns; turn++)
    for (let place = 0; place < names.length; place++) {
      const name = names[(place + turn + warmUp) % names.length] as Name;
      const value = await contestants[name]();
      if (turn >= 0) values[name].push(value);
    }
  return values;
}

/** The ratio turn by turn, so that what slows the machine for a moment slows both sides. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread {
  return spreadOf(ours.map((value, turn) => value / (theirs[turn] ?? Number.NaN)));
}

export const say = ({ median, low, high }: Spread, digits = 1, unit = ''): string =>
  `${median.toFixed(digits)}${unit} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
