import { Suspense, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { focusSoon } from "@/lib/focus";
import { isPlainKey } from "@/lib/keys";
import { lazily } from "@/lib/lazily";

const Palette = lazily(() => import("./Palette"));
const Help = lazily(() => import("./Help"));

const GO: Record<string, string> = {
  s: "/stage", m: "/missions", i: "/desk", d: "/desk", l: "/library", e: "/memory", $: "/money", t: "/team", r: "/rules",
  y: "/system",
}; // prettier-ignore
const INTO: Record<string, [page: string, field: string]> = {
  "/": ["/search", "search-words"],
  c: ["/stage", "directive"],
};
const LEADS_FOR = 1_500; // so long after `g` a letter names a page

/** The keys that hold on every page, and what they open. */
export function Keys() {
  const [shown, setShown] = useState<"palette" | "help" | null>(null);
  const [, go] = useLocation();
  const led = useRef(-Infinity);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey) {
        setShown((before) => (before === "palette" ? null : "palette"));
        event.preventDefault();
        return;
      }
      if (!isPlainKey(event)) return;
      const leads = performance.now() - led.current < LEADS_FOR;
      led.current = event.key === "g" ? performance.now() : -Infinity;
      const page = leads ? GO[event.key] : undefined;
      const into = INTO[event.key];
      if (page) go(page);
      else if (event.key === "?") setShown("help");
      else if (into) {
        if (location.pathname !== into[0]) go(into[0]);
        focusSoon(into[1]);
      } else return;
      event.preventDefault();
      event.stopImmediatePropagation(); // the letter after `g` is no key of the page that is left
    };
    addEventListener("keydown", onKey, true);
    return () => removeEventListener("keydown", onKey, true);
  }, [go]);
  return (
    <Suspense fallback={null}>
      {shown === "palette" && <Palette onClose={() => setShown(null)} />}
      {shown === "help" && <Help onClose={() => setShown(null)} />}
    </Suspense>
  );
}
