/** Which queries a kind of event makes out of date. */
import type { QueryClient } from "@tanstack/react-query";
import { onEvents } from "@/lib/store";

const STALE: Record<string, string[]> = {
  mission: ["missions", "mission", "desk", "budget", "reports"],
  task: ["mission", "staff"],
  compaction: ["turns", "budget"],
  turn: ["missions", "mission", "turns", "budget", "staff"],
  receipt: ["mission", "repositories"],
  artifact: ["mission", "reports", "repositories"],
  desk: ["desk", "mission"],
  budget: ["budget", "missions", "mission"],
  directive: ["missions"],
  proposal: ["missions"],
  forge: ["repositories", "mission"],
  policy: ["policies"],
  worker: ["staff"],
  memory: ["memories", "desk"],
};
const AT_MOST_EVERY = 300;

/**
 * Renew what the pages show as the log goes on, at most every AT_MOST_EVERY milliseconds. What is just being asked may
 * have been read before the event: it is asked once more when it has come. So is what was asked before this began: its
 * event may be in the part of the log that was read meanwhile.
 */
export function refreshOnEvents(client: QueryClient): () => void {
  const stale = new Set(Object.values(STALE).flat());
  const renew = () => {
    for (const key of [...stale]) {
      if (client.isFetching({ queryKey: [key] }) > 0) continue;
      stale.delete(key);
      void client.invalidateQueries({ queryKey: [key] });
    }
    timer = stale.size > 0 ? setTimeout(renew, AT_MOST_EVERY) : undefined;
  };
  let timer: ReturnType<typeof setTimeout> | undefined = setTimeout(renew, AT_MOST_EVERY);
  const stop = onEvents((events) => {
    events.forEach((event) => STALE[event.kind]?.forEach((key) => stale.add(key)));
    if (stale.size > 0) timer ??= setTimeout(renew, AT_MOST_EVERY);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}
