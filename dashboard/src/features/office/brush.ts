/** Draws in the office's own units, each edge on a pixel of the screen. */

export interface Brush {
  ctx: CanvasRenderingContext2D;
  /** Pixels of the screen in a unit. */
  unit: number;
  /** Pixels of the screen in one of the page's. */
  ratio: number;
}

export function rect({ ctx, unit }: Brush, x: number, y: number, w: number, h: number, color: string): void {
  const [left, top] = [Math.round(x * unit), Math.round(y * unit)];
  ctx.fillStyle = color;
  ctx.fillRect(left, top, Math.round((x + w) * unit) - left, Math.round((y + h) * unit) - top);
}

/** Draw a small picture; `colors` says what its letters mean. */
export function sprite(
  brush: Brush,
  rows: readonly string[],
  x: number,
  y: number,
  colors: Readonly<Record<string, string>>,
): void {
  rows.forEach((row, down) => {
    for (let at = 0; at < row.length;) {
      const letter = row[at] ?? ".";
      let end = at + 1;
      while (row[end] === letter) end++;
      const color = colors[letter];
      if (color) rect(brush, x + at, y + down, end - at, 1, color);
      at = end;
    }
  });
}

export interface Writing {
  size: number;
  color: string;
  bold?: boolean;
  /** At most this many units; what is longer is cut. */
  most?: number;
}

/** Write a line whose middle is at `y`; returns its width in units. */
export function write(brush: Brush, text: string, x: number, y: number, how: Writing): number {
  const { ctx, unit, ratio } = brush;
  ctx.font = `${how.bold ? "600 " : ""}${how.size * ratio}px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace`;
  ctx.fillStyle = how.color;
  ctx.textBaseline = "middle";
  let shown = text;
  const most = (how.most ?? Infinity) * unit;
  while (shown.length > 1 && ctx.measureText(shown).width > most) shown = `${shown.slice(0, -2)}…`;
  ctx.fillText(shown, Math.round(x * unit), Math.round(y * unit));
  return ctx.measureText(shown).width / unit;
}
