/** The room itself: nothing in it means anything but the board, the cork and the shelf, which wait for what happens. */
import { rect, sprite, write, type Brush } from "./brush";
import { skyAt, type Palette } from "./palette";
import { BOARD, CLOCK, CORK, DESK, DOOR, SHELF, WALL, WIDTH, WINDOW } from "./plan";
import { PLANT } from "./sprites";
import type { Scene } from "./scene";

export function paintRoom(brush: Brush, scene: Scene, colors: Palette): void {
  const { height, now } = scene;
  rect(brush, 0, 0, WIDTH, WALL, colors.wall);
  rect(brush, 0, WALL - 11, WIDTH, 11, colors.wallLow);
  rect(brush, 0, WALL - 2, WIDTH, 2, colors.skirting);
  rect(brush, 0, WALL, WIDTH, height - WALL, colors.floor);
  for (let y = WALL + 5, row = 0; y < height; y += 7, row++) {
    rect(brush, 0, y, WIDTH, 1, colors.seam);
    for (let x = 14 + (row % 3) * 19; x < WIDTH; x += 57) rect(brush, x, y - 6, 1, 6, colors.seam);
  }
  window_(brush, now, colors);
  frame(brush, BOARD, colors.metal, colors.paper);
  frame(brush, CORK, colors.woodDark, colors.cork);
  for (let at = 0; at < 18; at++) {
    rect(
      brush,
      CORK.x + 2 + ((at * 11) % (CORK.w - 4)),
      CORK.y + 2 + ((at * 7) % (CORK.h - 4)),
      1,
      1,
      colors.corkDot,
    );
  }
  shelf(brush, colors);
  door(brush, colors);
  clock(brush, now, colors);
  sprite(brush, PLANT, 40, WALL - 4, plant(colors));
}

function plant({ leaf, leafDark, pot }: Palette): Record<string, string> {
  return { g: leaf, d: leafDark, o: pot };
}

function frame(brush: Brush, at: typeof BOARD, edge: string, inside: string): void {
  rect(brush, at.x - 1, at.y - 1, at.w + 2, at.h + 2, edge);
  rect(brush, at.x, at.y, at.w, at.h, inside);
}

function window_(brush: Brush, now: number, colors: Palette): void {
  const { x, y, w, h } = WINDOW;
  const when = new Date(now);
  const hour = when.getHours() + when.getMinutes() / 60;
  const { top, low, night } = skyAt(hour);
  rect(brush, x - 2, y - 2, w + 4, h + 4, colors.woodDark);
  rect(brush, x, y, w, h, top);
  rect(brush, x, y + h * 0.55, w, h * 0.45, low);
  if (night) {
    for (let at = 0; at < 9; at++)
      rect(brush, x + 2 + ((at * 13) % (w - 3)), y + 2 + ((at * 5) % (h - 9)), 1, 1, "#e8e6d8");
    rect(brush, x + 23, y + 4, 4, 4, "#e8e6d8");
  } else {
    const far = (hour - 5) / 16; // from the left at five to the right at nine
    rect(brush, x + 2 + far * (w - 8), y + 3 + Math.abs(far - 0.5) * 18, 4, 4, "#fbf3d6");
  }
  for (let at = 0; at < 6; at++) {
    const tall = [5, 8, 4, 7, 5, 6][at] ?? 5;
    rect(brush, x + at * 5, y + h - tall, 5, tall, night ? "#1d2238" : "#6c7f86");
    if (night) rect(brush, x + at * 5 + 2, y + h - tall + 2, 1, 1, "#d9d2a8");
  }
  rect(brush, x + w / 2 - 0.5, y, 1, h, colors.woodDark);
  rect(brush, x, y + h / 2, w, 1, colors.woodDark);
  rect(brush, x - 3, y + h + 2, w + 6, 2, colors.wood);
}

function shelf(brush: Brush, colors: Palette): void {
  const { x, y, w, h } = SHELF;
  rect(brush, x, y, w, h - 2, colors.woodDark);
  rect(brush, x + 1, y + 1, w - 2, 12, colors.wood);
  rect(brush, x + 1, y + 14, w - 2, 12, colors.wood);
}

function door(brush: Brush, colors: Palette): void {
  const { x, y, w, h } = DOOR;
  rect(brush, x - 2, y - 2, w + 4, h + 2, colors.woodDark);
  rect(brush, x, y, w, h, colors.woodLight);
  rect(brush, x + 2, y + 12, w - 4, 8, colors.wood);
  rect(brush, x + 2, y + 23, w - 4, 8, colors.wood);
  rect(brush, x + w - 3, y + 20, 2, 2, colors.metal);
  rect(brush, x + 1, y + 2, w - 2, 8, colors.paper);
  write(brush, "You", x + 2, y + 6.2, { size: 10, color: colors.boardInk, bold: true, most: w - 2 });
}

function clock(brush: Brush, now: number, colors: Palette): void {
  const { x, y, r } = CLOCK;
  rect(brush, x - r, y - r + 2, 2 * r + 1, 2 * r - 3, colors.metal);
  rect(brush, x - r + 2, y - r, 2 * r - 3, 2 * r + 1, colors.metal);
  rect(brush, x - r + 1, y - r + 1, 2 * r - 1, 2 * r - 1, colors.metal);
  rect(brush, x - r + 1, y - r + 2, 2 * r - 1, 2 * r - 3, colors.paper);
  rect(brush, x - r + 2, y - r + 1, 2 * r - 3, 2 * r - 1, colors.paper);
  const when = new Date(now);
  hand(brush, (when.getHours() % 12) + when.getMinutes() / 60, 12, 2, colors.boardInk);
  hand(brush, when.getMinutes(), 60, 3, colors.boardInk);
}

function hand(brush: Brush, at: number, of: number, long: number, color: string): void {
  const angle = (at / of) * 2 * Math.PI;
  for (let part = 0; part <= long; part += 0.5) {
    const [x, y] = [Math.round(Math.sin(angle) * part), Math.round(-Math.cos(angle) * part)];
    rect(brush, CLOCK.x + x, CLOCK.y + y, 1, 1, color);
  }
}

/** A rug under each row of desks, with the damask's waves. */
export function paintRugs(brush: Brush, scene: Scene, colors: Palette): void {
  const rows = [...new Set(scene.desks.map(({ y }) => y))];
  for (const y of rows) {
    const last = Math.max(...scene.desks.filter((desk) => desk.y === y).map(({ x }) => x)) + DESK.w;
    rect(brush, 6, y + 14, last - 8, 17, colors.rug);
    for (let x = 8; x < last - 6; x += 4) {
      rect(brush, x, y + 29, 2, 1, colors.rugWave);
      rect(brush, x + 2, y + 28, 2, 1, colors.rugWave);
    }
  }
}

/** A rehearsal is a play: the curtain says so. */
export function paintCurtain(brush: Brush, scene: Scene, colors: Palette): void {
  for (let x = 0; x < WIDTH; x += 8) {
    const long = (x / 8) % 2 === 0 ? 6 : 5;
    rect(brush, x, 0, 8, long, colors.curtain);
    rect(brush, x, 0, 1, long, colors.curtainFold);
    rect(brush, x + 1, long, 6, 1, colors.curtain);
  }
  for (const [x, wide] of [
    [0, 4],
    [WIDTH - 4, 4],
  ] as const) {
    rect(brush, x, 0, wide, scene.height, colors.curtain);
    rect(brush, x + 1, 6, 1, scene.height, colors.curtainFold);
    rect(brush, x + 3, 6, 1, scene.height, colors.curtainFold);
  }
}
