// Loaded into the local Slack before it starts (BUN_OPTIONS="--preload ./leash.mjs").
// Left alone it listens on every network interface and outlives whoever started it.
const serve = Bun.serve;
Bun.serve = (options) => serve({ ...options, hostname: "127.0.0.1" });

process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
