/** One connection for all tabs of a browser: who holds the lock reads the log and tells the others. */
import { follow, type Connection, type Follower } from "@/lib/stream/follow";
import type { LedgerEvent } from "@/lib/ledger/types";

type Told =
  | { is: "events"; after: number; events: LedgerEvent[] }
  | { is: "named"; name: string; data: string }
  | { is: "connection"; connection: Connection }
  | { is: "hello" };

export interface Tab extends Follower {
  /** Read what this tab missed, as while it was frozen. */
  catchUp: () => void;
}

const NAME = "damascus-log";

/**
 * Take part: read the log, or hear of it from the tab that does. Over plain HTTP from another machine a browser has no
 * locks, and each tab reads by itself. Returns how to leave.
 */
export function share(tab: Tab): () => void {
  const leaving = new AbortController();
  const locks = (navigator as Partial<Navigator>).locks;
  if (!locks) {
    void follow(tab, leaving.signal);
    return () => leaving.abort();
  }
  const channel = new BroadcastChannel(NAME);
  let connection: Connection = "connecting";
  let leads = false;

  const say = (told: Told) => channel.postMessage(told);
  channel.onmessage = ({ data: told }: MessageEvent<Told>) => {
    if (told.is === "hello") {
      if (leads) say({ is: "connection", connection });
    } else if (told.is === "events") {
      if (tab.after() < told.after) tab.catchUp();
      else tab.onEvents(told.events);
    } else if (told.is === "named") {
      tab.onNamed(told.name, told.data);
    } else {
      tab.onConnection(told.connection);
    }
  };

  const read = () => {
    leads = true;
    return follow(
      {
        after: tab.after,
        onLoggedOut: tab.onLoggedOut,
        onEvents(events) {
          const after = tab.after();
          tab.onEvents(events);
          say({ is: "events", after, events });
        },
        onNamed(name, data) {
          tab.onNamed(name, data);
          say({ is: "named", name, data });
        },
        onConnection(now) {
          connection = now;
          tab.onConnection(now);
          say({ is: "connection", connection });
        },
      },
      leaving.signal,
    );
  };

  say({ is: "hello" });
  locks.request(NAME, { signal: leaving.signal }, read).catch(() => undefined); // it left before its turn
  return () => {
    leaving.abort();
    channel.close();
  };
}
