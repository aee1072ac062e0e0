import { useNow } from "@/lib/clock";
import { duration } from "@/lib/format";

/** How long it has been since `from`, ticking; or how long it took until `to`. */
export function Since({ from, to }: { from: number; to?: number | null }) {
  const now = useNow();
  return <span className="mono">{duration((to ?? now) - from)}</span>;
}
