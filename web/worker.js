// Loads the same module for the node. Start it with `new Worker("/worker.js", { type: "module" })`.
import init, { run_worker } from "/ting-web.js";

await init({ module_or_path: "/ting-web_bg.wasm" });
run_worker();
