/** Whether a key is meant for the page: not typed into a field, and not one of the browser's own. */
const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);

export function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof HTMLElement && TYPING.has(event.target.tagName);
}

export function isPlainKey(event: KeyboardEvent): boolean {
  return !isTyping(event) && !event.ctrlKey && !event.metaKey && !event.altKey;
}
