// Loads the module for the page. A file of its own, because the Content-Security-Policy allows no inline script.
import init, { run_page } from "/ting-web.js";

await init({ module_or_path: "/ting-web_bg.wasm" });
run_page();
