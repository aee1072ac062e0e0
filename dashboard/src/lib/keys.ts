/** Whether a key is meant for the page: not typed into a field, and not one of the browser's own. */
import { chosen } from "@/lib/choices";

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);

export function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof HTMLElement && TYPING.has(event.target.tagName);
}

/** Single letters can be switched off: who dictates, or whose hand trembles, does not want them. */
export function isPlainKey(event: KeyboardEvent): boolean {
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented)
    return false;
  if (document.querySelector("dialog[open]")) return false; // what is open has the keys
  return event.key.length > 1 || event.key === " " || chosen("letters") !== false;
}
