import { Command } from 'commander';
import { addAnalyse } from './commands/analyse.ts';

const program = new Command('npm run monitor --').description('Talks to an instance of the inspection monitor.');
addAnalyse(program);
await program.parseAsync();
