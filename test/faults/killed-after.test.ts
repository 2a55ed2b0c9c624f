import { killEverywhere } from './killed.ts';

killEverywhere('after');
