/** What a reader chose about the page itself, kept in this browser and nowhere else. */
import { useSyncExternalStore } from "react";

export type Choice = "office" | "letters";

const NAME = "damascus-page";
const listeners = new Set<() => void>();
let known: Record<string, boolean> = read();

function read(): Record<string, boolean> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    return typeof found === "object" && found !== null ? (found as Record<string, boolean>) : {};
  } catch {
    return {}; // storage is switched off, or somebody else wrote there
  }
}

export function choose(choice: Choice, value: boolean): void {
  known = { ...known, [choice]: value };
  try {
    localStorage.setItem(NAME, JSON.stringify(known));
  } catch {
    // it holds until the page is left
  }
  listeners.forEach((listener) => listener());
}

/** What was chosen; undefined if nothing was. */
export function chosen(choice: Choice): boolean | undefined {
  const value = known[choice];
  return typeof value === "boolean" ? value : undefined;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useChoice(choice: Choice): boolean | undefined {
  return useSyncExternalStore(subscribe, () => chosen(choice));
}
