// Loads the same module for the node. Start it with `new Worker("/worker.js", { type: "module" })`.

// What the page says while the module loads is kept until the node listens.
const early = [];
self.onmessage = (event) => early.push(event);
try {
  const { default: init, run_worker } = await import("/ting-web.js");
  await init({ module_or_path: "/ting-web_bg.wasm" });
  run_worker();
} catch (error) {
  // Thrown from a task, the page hears of it; a module that fails while it is evaluated tells nobody in some browsers.
  setTimeout(() => { throw error; });
}
for (const event of early) self.onmessage(event);
