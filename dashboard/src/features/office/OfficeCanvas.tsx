import { useEffect, useMemo, useRef, type MouseEvent } from "react";
import { rowName } from "@/lib/ledger/current";
import { FRAME, LATE, figureAt, onTheWay, setOut } from "./motion";
import { paint } from "./paint";
import { paletteOf } from "./palette";
import { WIDTH, type Point } from "./plan";
import { scene, type Figure, type Scene, type Seen } from "./scene";
import styles from "./office.module.css";

const DARK = "(prefers-color-scheme: dark)";
const STILL = "(prefers-reduced-motion: reduce)";

/** The office as a picture. The table beside it says the same; what is drawn here opens what caused it. */
export default function OfficeCanvas({ seen, onOpen }: { seen: Seen; onOpen: (figure: Figure) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useMemo(() => scene(seen), [seen]);
  usePicture(canvas, shown);
  const find = (event: MouseEvent<HTMLCanvasElement>) => {
    const { left, top, width } = event.currentTarget.getBoundingClientRect();
    const unit = width / WIDTH;
    return figureAt(shown, (event.clientX - left) / unit, (event.clientY - top) / unit);
  };
  return (
    <canvas
      ref={canvas}
      aria-hidden="true"
      className={shown.frozen ? `${styles.office} ${styles.frozen}` : styles.office}
      style={{ aspectRatio: `${WIDTH} / ${shown.height}` }}
      data-because={shown.figures.map(({ because }) => rowName(because)).join("; ")}
      onClick={(event) => {
        const figure = find(event);
        if (figure) onOpen(figure);
      }}
      onMouseMove={(event) => {
        const figure = find(event);
        event.currentTarget.title = figure?.says ?? "";
        event.currentTarget.style.cursor = figure ? "pointer" : "default";
      }}
    />
  );
}

/** Draw when something changed, at most twelve times a second, and not while nobody can see it. */
function usePicture(canvas: React.RefObject<HTMLCanvasElement | null>, shown: Scene): void {
  const painter = useRef<Painter | null>(null);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const own = new Painter(element);
    painter.current = own;
    return () => {
      own.stop();
      painter.current = null;
    };
  }, [canvas]);
  useEffect(() => painter.current?.show(shown));
}

class Painter {
  private shown: Scene | undefined;
  private starts: ReadonlyMap<string, Point> = new Map();
  private begun = 0;
  private drawn = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly dark = matchMedia(DARK);
  private readonly still = matchMedia(STILL);
  private readonly size: ResizeObserver;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.size = new ResizeObserver(this.soon);
    this.size.observe(canvas);
    this.dark.addEventListener("change", this.soon);
    document.addEventListener("visibilitychange", this.soon);
  }

  show(next: Scene): void {
    if (next === this.shown) return;
    this.starts = this.still.matches ? new Map() : setOut(this.shown, next);
    this.shown = next;
    this.begun = performance.now();
    this.soon();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.size.disconnect();
    this.dark.removeEventListener("change", this.soon);
    document.removeEventListener("visibilitychange", this.soon);
  }

  private readonly soon = (): void => {
    this.timer ??= setTimeout(
      this.draw,
      Math.min(FRAME, Math.max(0, this.drawn + FRAME - performance.now())),
    );
  };

  private readonly draw = (): void => {
    this.timer = undefined;
    const ctx = this.canvas.getContext("2d");
    if (document.hidden || !this.shown || !ctx || this.canvas.clientWidth === 0) return;
    this.drawn = performance.now();
    const ratio = Math.min(3, devicePixelRatio || 1);
    const [width, height] = [this.canvas.clientWidth * ratio, this.canvas.clientHeight * ratio].map(
      Math.round,
    );
    if (this.canvas.width !== width) this.canvas.width = width ?? WIDTH;
    if (this.canvas.height !== height) this.canvas.height = height ?? WIDTH;
    const age = this.drawn - this.begun;
    const dark = document.documentElement.dataset["theme"] ?? (this.dark.matches ? "dark" : "light");
    const brush = { ctx, ratio, unit: this.canvas.width / WIDTH };
    paint(brush, onTheWay(this.shown, this.starts, age), paletteOf(dark === "dark"));
    if (this.starts.size > 0 && age < LATE) this.soon();
  };
}
