// Sets the chosen theme before anything is drawn, so that a dark room never flashes white.
try {
  const theme = localStorage.getItem("ting.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused: the system's theme it is.
}
