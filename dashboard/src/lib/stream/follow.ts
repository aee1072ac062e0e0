/** One connection to the log: read until it breaks, then again from where it broke, with growing pauses. */
import { createParser } from "eventsource-parser";
import type { LedgerEvent } from "@/lib/ledger/types";

export type Connection = "connecting" | "live" | "lost";

export interface Follower {
  /** Where the log is read from: after this seq. */
  after: () => number;
  onEvents: (events: LedgerEvent[]) => void;
  onNamed: (name: string, data: string) => void;
  onConnection: (connection: Connection) => void;
  onLoggedOut: () => void;
}

const PAUSES = [500, 1000, 2000, 4000];
const SILENT_TOO_LONG = 40_000; // the office says something every 15 s
const BATCH_EVERY = 40;

/** Follow the log until `signal` aborts. Each event comes once and in order, over every reconnect. */
export async function follow(follower: Follower, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    const began = await readOnce(follower, signal);
    if (began === "logged out") return follower.onLoggedOut();
    if (signal.aborted) return;
    if (began) failures = 0;
    follower.onConnection("lost");
    await pause(PAUSES[Math.min(failures, PAUSES.length - 1)] ?? 4000, signal);
  }
}

/** Return whether the stream began. */
async function readOnce(follower: Follower, signal: AbortSignal): Promise<boolean | "logged out"> {
  const connection = new AbortController();
  const abort = () => connection.abort();
  signal.addEventListener("abort", abort);
  let silence = setTimeout(abort, SILENT_TOO_LONG);
  let began = false;
  const batch = new Batch(follower.onEvents);
  const parser = createParser({
    onEvent({ id, event, data }) {
      if (id !== undefined) batch.add(JSON.parse(data) as LedgerEvent);
      else follower.onNamed(event ?? "message", data);
    },
  });
  try {
    const response = await fetch(`/api/events?after=${follower.after()}&hello=true&now=true&live=true`, {
      headers: { Accept: "text/event-stream" },
      cache: "no-store",
      signal: connection.signal,
    });
    if (response.status === 401) return "logged out";
    if (!response.ok || !response.body) return false;
    follower.onConnection("live");
    began = true;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      clearTimeout(silence);
      silence = setTimeout(abort, SILENT_TOO_LONG);
      parser.feed(read.value);
      batch.come();
    }
  } catch {
    // the office went away, or was silent for too long: the caller tries again
  } finally {
    batch.flush();
    clearTimeout(silence);
    signal.removeEventListener("abort", abort);
  }
  return began;
}

/** Hands on at once what comes after a pause, and then what comes within a moment together, as one change of the page. */
class Batch {
  private events: LedgerEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly give: (events: LedgerEvent[]) => void) {}

  add(event: LedgerEvent): void {
    this.events.push(event);
  }

  /** All that came in one piece is here. */
  come(): void {
    if (this.timer === undefined) this.flush();
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { events } = this;
    if (events.length === 0) return;
    this.events = [];
    this.timer = setTimeout(() => this.flush(), BATCH_EVERY);
    this.give(events);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
