// Loads the module for the page. A file of its own, because the Content-Security-Policy allows no inline script.
try {
  const { default: init, run_page } = await import("/ting-web.js");
  await init({ module_or_path: "/ting-web_bg.wasm" });
  run_page();
} catch (error) {
  // The words are in the page already: they show now, and with the reason.
  const words = document.querySelector(".not-started");
  if (!words) throw error;
  words.classList.add("failed");
  const reason = words.querySelector(".not-started-reason");
  reason.textContent = `Reason: ${error.message ?? error}`;
  reason.hidden = false;
}
