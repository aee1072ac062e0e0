const LOOK_EVERY = 50;
let stop = (): void => undefined;

/**
 * Put the focus on what an address names behind `#`, as soon as it can take it: its page may still be on its way, hidden
 * while another is drawn, or behind a dialog. What the person does next ends the wait.
 */
export function focusSoon(id: string): void {
  stop();
  const ended = new AbortController();
  stop = () => ended.abort();
  for (const act of ["keydown", "pointerdown"])
    addEventListener(act, stop, { capture: true, signal: ended.signal });
  const look = () => {
    const found = document.getElementById(id);
    found?.scrollIntoView({ block: "nearest" });
    found?.focus();
    if (found && document.activeElement === found) stop();
  };
  const looking = setInterval(look, LOOK_EVERY);
  ended.signal.addEventListener("abort", () => clearInterval(looking));
  look();
}
