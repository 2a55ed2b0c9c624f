import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** Draws what `showProgress` in `progress.ts` is told, over and over, on the file descriptor in `workerData`. */

const FRAMES = '|/-\\';
const FRAME_MS = 120;

let what = '';
let frame = 0;
parentPort?.on('message', (message: string) => {
  what = message;
});
setInterval(() => {
  try {
    if (what !== '') writeSync(workerData as number, `\r\u001b[2K${FRAMES[frame++ % FRAMES.length]} ${what}`);
  } catch {
    // A terminal that takes nothing at the moment gets the next frame.
  }
}, FRAME_MS);
