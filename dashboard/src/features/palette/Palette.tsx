import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useLocation } from "wouter";
import { desk, missions, reports } from "@/lib/api/queries";
import { copyText } from "@/lib/copy";
import { focusSoon } from "@/lib/focus";
import { allEntries, find, type Entry } from "./entries";
import styles from "./palette.module.css";

/** Everything by its name: type, choose, Enter. The command that does the same can be copied. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const [copied, setCopied] = useState(false);
  const [, go] = useLocation();
  const list = useId();
  const all = useEntries();
  const found = useMemo(() => find(all, typed), [all, typed]);
  const chosen = found[Math.min(at, found.length - 1)];
  useLayoutEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    document.getElementById(`${list}${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at, list]);

  const open = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    go(entry.to);
    const [, field] = entry.to.split("#");
    if (field) focusSoon(field);
  };
  const move = (by: number) => {
    setAt((at + by + found.length) % Math.max(1, found.length));
    setCopied(false);
  };
  const copy = () => {
    if (chosen) void copyText(chosen.twin).then(() => setCopied(true));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && event.altKey) copy();
    else if (event.key === "Enter") open(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} className={styles.palette} aria-label="Go to, or do" onClose={onClose}>
      <input
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={chosen ? `${list}${found.indexOf(chosen)}` : undefined}
        aria-label="Go to, or do"
        placeholder="Go to, or do …"
        className={styles.field}
        value={typed}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
          setCopied(false);
        }}
      />
      <ul id={list} role="listbox" aria-label="What there is" className={styles.list}>
        {found.map((entry, place) => (
          <li
            key={entry.id}
            id={`${list}${place}`}
            role="option"
            aria-selected={entry === chosen}
            onClick={() => open(entry)}
            onMouseMove={() => setAt(place)}
          >
            <span className={styles.kind}>{entry.kind}</span>
            <span className={entry.kind === "page" || entry.kind === "do" ? styles.name : styles.quoted}>
              {entry.name}
            </span>
            <span className={styles.keys}>{entry.keys}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className={styles.none}>Nothing has this name.</p>}
      {chosen && (
        <p className={styles.twin}>
          <code>{chosen.twin}</code>
          <button onClick={copy} aria-keyshortcuts="Alt+Enter">
            {copied ? "Copied" : "Copy"}
          </button>
          <span className="hidden" role="status">
            {copied && "Copied"}
          </span>
        </p>
      )}
    </dialog>
  );
}

function useEntries(): Entry[] {
  const known = useQuery(missions).data?.items;
  const written = useQuery(reports).data?.items;
  const waiting = useQuery(desk).data?.items;
  return useMemo(() => allEntries(known ?? [], written ?? [], waiting ?? []), [known, written, waiting]);
}
