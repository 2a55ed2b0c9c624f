import { killEverywhere } from './killed.ts';

killEverywhere('before');
