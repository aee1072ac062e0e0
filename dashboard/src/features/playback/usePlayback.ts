import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { reduce } from "@/lib/ledger/reduce";
import { EMPTY, type LedgerEvent, type LedgerState } from "@/lib/ledger/types";
import { advance, countUntil, SHORT, step, steps, taskTimes, timesOf, type Speed } from "./timeline";

export interface Playback {
  /** What was true at the playhead; what is true now if playback is not used. */
  state: LedgerState;
  /** Where the playhead is, in milliseconds since the epoch; undefined: the end, and it follows what comes. */
  time: number | undefined;
  playing: boolean;
  speed: Speed;
  fold: boolean;
  /** Whether each event takes as long, whenever it was. */
  even: boolean;
  begin: number;
  end: number;
  event: LedgerEvent | undefined;
  setSpeed: (speed: Speed) => void;
  setFold: (fold: boolean) => void;
  setEven: (even: boolean) => void;
  seek: (time: number | undefined) => void;
  toggle: () => void;
  stepBy: (by: 1 | -1, far?: boolean) => void;
}

/** Play a mission's log back. `startSeq` is the event where it begins, if the address names one. */
export function usePlayback(
  events: readonly LedgerEvent[],
  live: LedgerState,
  startSeq: number | null,
): Playback {
  const times = useMemo(() => timesOf(events), [events]);
  const [begin, end] = [times[0] ?? 0, times.at(-1) ?? 0];
  const [asked, setAsked] = useState<number | null | undefined>(startSeq === null ? null : undefined);
  const [playing, setPlaying] = useState(false);
  const short = end - begin < SHORT;
  const [speed, setSpeed] = useState<Speed>(short ? 1 : 60);
  const [fold, setFold] = useState(false);
  const [even, setEven] = useState(short);
  const left = useRef(0);

  const start = startSeq === null ? undefined : times[events.findIndex((event) => event.seq >= startSeq)];
  const placeOf = (place: typeof asked) => (place === undefined ? start : (place ?? undefined));
  const time = placeOf(asked);
  const count = time === undefined ? events.length : countUntil(times, time);
  const state = useMemo(
    () => (time === undefined ? live : reduce(EMPTY, events.slice(0, count))),
    [events, count, live, time],
  );

  // a frame may come before the page has drawn the one before it: each goes on from where that one arrived
  useFrames(playing, (passed) => {
    const due = steps(left.current + passed, speed);
    if (even) left.current = due.left;
    const onward = (from: number) => {
      if (!even) return advance(times, from, passed, speed, fold);
      for (let done = 0; done < due.count; done++) from = step(times, from, 1);
      return from;
    };
    setAsked((before) => onward(placeOf(before) ?? begin));
    if (onward(time ?? begin) >= end) setPlaying(false);
  });

  const toggle = useCallback(() => {
    if (!playing && (time === undefined || time >= end)) setAsked(begin);
    setPlaying(!playing);
  }, [playing, time, begin, end]);
  const stepBy = useCallback(
    (by: 1 | -1, far = false) => {
      setPlaying(false);
      setAsked(step(far ? taskTimes(events) : times, time ?? end, by));
    },
    [events, times, time, end],
  );
  const seek = useCallback((to: number | undefined) => {
    setAsked(to ?? null);
    if (to === undefined) setPlaying(false);
  }, []);
  return {
    state, time, playing, speed, fold, even, begin, end, event: events[count - 1], setSpeed, setFold, setEven, seek,
    toggle, stepBy,
  }; // prettier-ignore
}

/** Call `onFrame` with the milliseconds that passed, for as long as it runs. */
function useFrames(running: boolean, onFrame: (passed: number) => void): void {
  const [frame] = useState(() => ({ call: onFrame }));
  useEffect(() => {
    frame.call = onFrame;
  });
  useEffect(() => {
    if (!running) return;
    let last = performance.now();
    let request = requestAnimationFrame(function again(now) {
      frame.call(Math.max(0, now - last));
      last = now;
      request = requestAnimationFrame(again);
    });
    return () => cancelAnimationFrame(request);
  }, [running, frame]);
}
