// Loaded before all that is TypeScript, and plain JavaScript itself: so that a Node.js that cannot read TypeScript says
// so, rather than that it does not know the extension of a file.
if (!process.features.typescript) {
  console.error(
    `inspection-monitor needs a Node.js that runs TypeScript, which ${process.version} does not, and npm brought none for ${process.platform} ${process.arch}: install Node.js 24 (22.18 or newer serves too).`,
  );
  process.exit(1);
}
