import { useEffect, useState } from "react";
import { isPlainKey, isTyping } from "@/lib/keys";

/** `j` and `k` go through the requests, `r` goes to the answer, `a` and `d` to approve and deny, `Esc` leaves it. Returns which one is chosen. */
export function useDeskKeys(ids: readonly string[]): string | undefined {
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const here = chosen !== undefined && ids.includes(chosen) ? chosen : ids[0];
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) && event.key === "Escape") (event.target as HTMLElement).blur();
      if (!isPlainKey(event)) return;
      const at = ids.indexOf(here ?? "");
      const go = { j: Math.min(at + 1, ids.length - 1), k: Math.max(at - 1, 0) }[event.key];
      if (go !== undefined) {
        setChosen(ids[go]);
        document.getElementById(ids[go] ?? "")?.scrollIntoView({ block: "nearest" });
      } else if (here && decide(here, event.key)) {
        event.preventDefault();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [ids, here]);
  return here;
}

/** Begin to decide; the next step has the focus then, and Enter takes it. Returns whether the key is one of these. */
function decide(id: string, key: string): boolean {
  const card = document.getElementById(id);
  if (key === "r") card?.querySelector<HTMLElement>("textarea, input")?.focus();
  else if (key === "a" || key === "d") card?.querySelector<HTMLElement>(`[data-key="${key}"]`)?.click();
  else return false;
  return true;
}
