// Loaded before all that is TypeScript, and plain JavaScript itself: so that what is missing is said, be it all packages or a
// Node.js that can read TypeScript, rather than that some file cannot be found or has an extension that is not known.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

if (!existsSync(join(__dirname, '../node_modules/zod'))) {
  console.error('What inspection-monitor stands on is not installed yet. Run this first: npm ci');
  process.exit(1);
}
if (!process.features.typescript) {
  console.error(
    `inspection-monitor needs a Node.js that runs TypeScript, which ${process.version} does not, and npm brought none for ${process.platform} ${process.arch}: install Node.js 24 (22.18 or newer serves too).`,
  );
  process.exit(1);
}
