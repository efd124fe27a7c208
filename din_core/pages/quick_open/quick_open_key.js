// Ctrl K from the first moment on: pressed before the dialog's code has come, it opens the dialog once it is there.
{
  const key = (window.quickOpenKey = { open: null, waits: false });
  const pressed = (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    event.stopPropagation();
    if (key.open) key.open();
    else key.waits = true;
  };
  window.addEventListener("keydown", pressed, true);
  // Whoever does something else meanwhile no longer waits for it.
  window.addEventListener("pointerdown", () => (key.waits = false), true);
}
