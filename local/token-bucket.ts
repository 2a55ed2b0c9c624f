/**
 * Emulates AWS's throttling: a bucket holds up to `burst` tokens and is refilled with `perSecond`, by the machine's clock.
 * Returns whether one more request is taken now.
 */
export function createTokenBucket(perSecond: number, burst: number): () => boolean {
  let tokens = burst;
  let last = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - last) / 1000) * perSecond);
    last = now;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
