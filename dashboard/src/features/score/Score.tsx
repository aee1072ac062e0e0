import { useId, useMemo } from "react";
import type { LedgerState } from "@/lib/ledger/types";
import { duration, money, plural } from "@/lib/format";
import type { Names } from "@/lib/names";
import { scoreLayout, type Lane, type Layout, type MoneyLine } from "./layout";
import styles from "./score.module.css";

const TOP = 22;
const LANE = 44;
const MONEY = 34;

interface Props {
  state: LedgerState;
  missionId: string;
  names: Names;
  /** What each task is called in the plan. */
  keys: ReadonlyMap<string, string>;
  /** Until when: now, or when the mission ended. */
  end: number;
  /** Where playback is, as a part of the whole. */
  playhead?: number;
}

/** The mission as a score: who waited for the model, who worked, what was checked, what was noted, and when. */
export function Score({ state, missionId, names, keys, end, playhead }: Props) {
  const id = useId();
  const narrow = useMemo(() => matchMedia("(max-width: 720px)").matches, []);
  const layout = scoreLayout(state, missionId, keys, end, narrow);
  if (layout.lanes.length === 0) return <p className="small">Nobody has begun yet.</p>;
  const lanesEnd = TOP + layout.lanes.length * LANE;
  const height = lanesEnd + (layout.money ? MONEY : 0);
  return (
    <figure className={styles.score}>
      <div className={styles.names} aria-hidden="true">
        {layout.lanes.map((lane) => (
          <span key={lane.role}>{names.of(lane.role)}</span>
        ))}
        {layout.money && (
          <span className={styles.spent}>
            Spent <span className="mono">{money(layout.money.microusd)}</span>
          </span>
        )}
      </div>
      <svg
        className={styles.drawing}
        height={height}
        width="100%"
        role="img"
        aria-label={inWords(layout, names)}
      >
        <defs>
          <pattern id={id} width="10" height="4.6" patternUnits="userSpaceOnUse">
            <path d="M0 2.3q2.5-2.6 5 0t5 0" className={styles.grain} />
          </pattern>
        </defs>
        <Ticks layout={layout} height={height} />
        {layout.lanes.map((lane, at) => (
          <LaneDrawing key={lane.role} lane={lane} top={TOP + at * LANE} grain={`url(#${id})`} />
        ))}
        {layout.money && <MoneyDrawing line={layout.money} top={lanesEnd} />}
        {playhead !== undefined && (
          <line
            x1={`${playhead * 100}%`}
            x2={`${playhead * 100}%`}
            y1={TOP - 6}
            y2={height}
            className={styles.playhead}
          />
        )}
      </svg>
      <Legend />
    </figure>
  );
}

function Ticks({ layout, height }: { layout: Layout; height: number }) {
  return layout.ticks.map(({ x, text }) => (
    <g key={text}>
      <line x1={`${x}%`} x2={`${x}%`} y1={TOP - 6} y2={height} className={styles.tick} />
      {x < 96 && (
        <text x={`${x}%`} dx="3" y="12" className={styles.time}>
          {text}
        </text>
      )}
    </g>
  ));
}

function LaneDrawing({ lane, top, grain }: { lane: Lane; top: number; grain: string }) {
  const base = top + 13;
  return (
    <g>
      <line x1="0" x2="100%" y1={top + LANE - 2} y2={top + LANE - 2} className={styles.tick} />
      {lane.bars.map((bar) => (
        <rect
          key={bar.key}
          x={`${bar.x}%`}
          width={`${bar.width}%`}
          y={base}
          height="14"
          fill={bar.kind === "model" ? grain : undefined}
          className={bar.kind === "tool" ? styles.tool : undefined}
        />
      ))}
      {lane.marks.map((mark) => {
        if (mark.kind === "entry")
          return <circle key={mark.seq} cx={`${mark.x}%`} cy={top + 7} r="2" className={styles.entry} />;
        if (mark.kind === "compaction") {
          return (
            <svg key={mark.seq} x={`${mark.x}%`} y={top + 7} overflow="visible" data-compaction={mark.seq}>
              <title>{`conversation summed up (e${mark.seq})`}</title>
              <path d="M-4-3h8M-4 0h8M-4 3h8" className={styles.compaction} />
            </svg>
          );
        }
        return (
          <svg key={mark.seq} x={`${mark.x}%`} y={top + 3} overflow="visible">
            <rect
              x="-4"
              width="8"
              height="8"
              className={mark.kind === "receipt" ? styles.receipt : styles.missing}
            />
          </svg>
        );
      })}
      {lane.labels.map((label) => (
        <text key={label.x} x={`${label.x}%`} y={base + 26} className={styles.label}>
          {label.text}
        </text>
      ))}
    </g>
  );
}

/** Steps in percent of the width cannot be one path: each is a line along and a line up. */
function MoneyDrawing({ line, top }: { line: MoneyLine; top: number }) {
  const y = (part: number) => top + MONEY - 4 - part * (MONEY - 10);
  return (
    <g data-money={line.microusd}>
      {line.steps.map((step, at) => {
        const next = line.steps[at + 1];
        const until = next?.x ?? 100;
        return (
          <g key={step.x}>
            <line x1={`${step.x}%`} x2={`${until}%`} y1={y(step.y)} y2={y(step.y)} className={styles.money} />
            {next && (
              <line
                x1={`${until}%`}
                x2={`${until}%`}
                y1={y(step.y)}
                y2={y(next.y)}
                className={styles.money}
              />
            )}
          </g>
        );
      })}
    </g>
  );
}

function Legend() {
  return (
    <figcaption className={styles.legend} aria-hidden="true">
      <span>
        <svg width="22" height="8">
          <path d="M0 4q3-3 6 0t6 0 6 0 4-2" className={styles.grain} />
        </svg>
        waits for the model
      </span>
      <span>
        <i className={styles.toolKey} />a tool runs
      </span>
      <span>
        <i className={styles.receiptKey} />
        the program checked it
      </span>
      <span>
        <i className={styles.missingKey} />
        missing
      </span>
      <span>
        <i className={styles.entryKey} />
        entry on the trail
      </span>
      <span>
        <svg width="10" height="8">
          <path d="M1 1h8M1 4h8M1 7h8" className={styles.compaction} />
        </svg>
        summed up
      </span>
    </figcaption>
  );
}

/** The same in words, for who does not see it. */
function inWords(layout: Layout, names: Names): string {
  const lanes = layout.lanes.map((lane) => {
    const count = (kind: string) => lane.marks.filter((mark) => mark.kind === kind).length;
    const missing = count("missing") ? `, ${plural(count("missing"), "receipt")} missing` : "";
    const summed = count("compaction") ? `, summed up ${plural(count("compaction"), "time")}` : "";
    return (
      `${names.of(lane.role)}: ${lane.labels.map(({ text }) => text).join(", ")}; ` +
      `${plural(count("receipt"), "receipt")} held${missing}, ${plural(count("entry"), "entry", "entries")}${summed}`
    );
  });
  const spent = layout.money ? ` ${money(layout.money.microusd)} spent.` : "";
  return `Score over ${duration(layout.seconds * 1000)}. ${lanes.join(". ")}.${spent}`;
}
