import { useState } from "react";

const SHOWN = 4000;

/** Text that may be millions of characters: its beginning, and all of it when asked for. Nothing is lost. */
export function Long({ text, className }: { text: string; className?: string }) {
  const [whole, setWhole] = useState(false);
  if (text.length <= SHOWN || whole) return <pre className={className}>{text}</pre>;
  return (
    <>
      <pre className={className}>{text.slice(0, SHOWN)}…</pre>
      <button onClick={() => setWhole(true)}>
        Show all {text.length.toLocaleString("en-US")} characters
      </button>
    </>
  );
}
