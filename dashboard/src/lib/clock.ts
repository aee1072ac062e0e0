/** The page's one clock. It ticks once a second while it is looked at, and follows the office's time. */
import { useSyncExternalStore } from "react";

let ahead = 0; // how far the office's clock is ahead of this browser's, in milliseconds
let shown = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Set the clock by what the office said. */
export function setClock(officeTime: string, arrivedAt = Date.now()): void {
  ahead = Date.parse(officeTime) - arrivedAt;
}

export function now(): number {
  return Date.now() + ahead;
}

function tick(): void {
  if (document.hidden) return;
  shown = now();
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    timer = setInterval(tick, 1000);
    document.addEventListener("visibilitychange", tick);
    shown = now();
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
      document.removeEventListener("visibilitychange", tick);
    }
  };
}

/** Milliseconds since the epoch, a new value each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => shown);
}
