import { useEffect } from "react";
import { duration } from "@/lib/format";
import { isPlainKey } from "@/lib/keys";
import type { LedgerEvent } from "@/lib/ledger/types";
import { SPEEDS } from "./timeline";
import type { Playback } from "./usePlayback";
import styles from "./playback.module.css";

const OWN_SPACE = new Set(["BUTTON", "SUMMARY", "A"]); // what Space means something for already

interface Props {
  playback: Playback;
  events: readonly LedgerEvent[];
  /** What the exported file is called. */
  name: string;
  onExport: () => void;
  /** Save a file that plays by itself. */
  onSavePage: () => void;
}

/** Play, step, speed. The clock is the mission's own; silences may be folded, and then it says so. */
export function PlaybackBar({ playback, events, name, onExport, onSavePage }: Props) {
  const { time, begin, end, playing, speed, fold, even } = playback;
  useKeys(playback);
  if (events.length === 0) return null;
  const at = time ?? end;
  return (
    <div className={styles.bar} role="group" aria-label="Playback">
      <button
        className={styles.play}
        aria-label={playing ? "Pause" : "Play from the log"}
        onClick={playback.toggle}
      >
        {playing ? "❚❚" : "▶"}
      </button>
      <button aria-label="One event back" onClick={() => playback.stepBy(-1)}>
        ‹
      </button>
      <button aria-label="One event on" onClick={() => playback.stepBy(1)}>
        ›
      </button>
      <span className="mono">
        {duration(at - begin)} / {duration(end - begin)}
      </span>
      <input
        className={styles.scrub}
        type="range"
        aria-label="Place in the mission"
        aria-valuetext={`${duration(at - begin)} of ${duration(end - begin)}`}
        min={0}
        max={Math.max(1, end - begin)}
        value={at - begin}
        onChange={(event) => playback.seek(begin + Number(event.target.value))}
      />
      <span role="radiogroup" aria-label="Speed" className={styles.speeds}>
        {SPEEDS.map((one) => (
          <button
            key={one}
            role="radio"
            className="plain"
            aria-checked={one === speed}
            onClick={() => playback.setSpeed(one)}
          >
            {one}×
          </button>
        ))}
      </span>
      <label className={styles.fold}>
        <input type="checkbox" checked={even} onChange={(event) => playback.setEven(event.target.checked)} />{" "}
        one step per event
      </label>
      {!even && (
        <label className={styles.fold}>
          <input
            type="checkbox"
            checked={fold}
            onChange={(event) => playback.setFold(event.target.checked)}
          />{" "}
          fold silences
        </label>
      )}
      {time !== undefined && <button onClick={() => playback.seek(undefined)}>To the end</button>}
      <button className={styles.export} onClick={onExport} title={`${name}.json`}>
        Export
      </button>
      <button onClick={onSavePage} title={`${name}.html: plays by itself, without the company`}>
        Save as a page
      </button>
    </div>
  );
}

/** Space plays, arrows step, brackets change the speed; not while one types. */
function useKeys(playback: Playback): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target instanceof HTMLElement ? event.target.tagName : "";
      if (!isPlainKey(event) || (event.key === " " && OWN_SPACE.has(target))) return;
      const at = SPEEDS.indexOf(playback.speed);
      if (event.key === " ") playback.toggle();
      else if (event.key === "ArrowRight") playback.stepBy(1, event.shiftKey);
      else if (event.key === "ArrowLeft") playback.stepBy(-1, event.shiftKey);
      else if (event.key === "]") playback.setSpeed(SPEEDS[Math.min(at + 1, SPEEDS.length - 1)] ?? 60);
      else if (event.key === "[") playback.setSpeed(SPEEDS[Math.max(at - 1, 0)] ?? 1);
      else if (event.key === "L") playback.seek(undefined);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [playback]);
}
