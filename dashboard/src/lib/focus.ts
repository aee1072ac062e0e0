const LOOK_EVERY = 50;

/** Put the focus on what an address names behind `#`, as soon as its page has come. */
export function focusSoon(id: string, tries = 40): void {
  const found = document.getElementById(id);
  if (found) {
    found.scrollIntoView({ block: "nearest" });
    found.focus();
  } else if (tries > 0) {
    setTimeout(() => focusSoon(id, tries - 1), LOOK_EVERY);
  }
}
