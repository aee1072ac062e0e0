/** How the picture follows the truth: at most 300 ms late, then it jumps; at most twelve pictures a second. */
import type { Point } from "./plan";
import type { Scene } from "./scene";

export const LATE = 300;
export const FRAME = 1000 / 12;

/** Return where each figure that is new, or stands elsewhere now, sets out from. */
export function setOut(before: Scene | undefined, after: Scene): ReadonlyMap<string, Point> {
  const starts = new Map<string, Point>();
  if (!before || after.frozen) return starts;
  const were = new Map(before.figures.map((figure) => [figure.key, figure]));
  for (const figure of after.figures) {
    const was = were.get(figure.key);
    if (!was && figure.from) starts.set(figure.key, figure.from);
    if (was && (was.x !== figure.x || was.y !== figure.y)) starts.set(figure.key, { x: was.x, y: was.y });
  }
  return starts;
}

/** Return the scene `age` milliseconds after its figures set out. */
export function onTheWay(scene: Scene, starts: ReadonlyMap<string, Point>, age: number): Scene {
  if (starts.size === 0 || age >= LATE) return scene;
  const far = 1 - (1 - Math.max(0, age) / LATE) ** 2;
  const figures = scene.figures.map((figure) => {
    const start = starts.get(figure.key);
    if (!start) return figure;
    return {
      ...figure,
      x: Math.round(start.x + (figure.x - start.x) * far),
      y: Math.round(start.y + (figure.y - start.y) * far),
    };
  });
  return { ...scene, figures };
}

/** Return what is drawn at a place: what was drawn last lies on top. */
export function figureAt(scene: Scene, x: number, y: number): Scene["figures"][number] | undefined {
  return scene.figures.findLast((one) => x >= one.x && x < one.x + one.w && y >= one.y && y < one.y + one.h);
}
