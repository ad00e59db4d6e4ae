// Loads the same module for the node. Start it with `new Worker("/worker.js", { type: "module" })`.
import init, { run_worker } from "/ting-web.js";

// What the page says while the module loads is kept until the node listens.
const early = [];
self.onmessage = (event) => early.push(event);
await init({ module_or_path: "/ting-web_bg.wasm" });
run_worker();
for (const event of early) self.onmessage(event);
