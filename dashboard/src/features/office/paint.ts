/** Paints a scene. */
import { rect, sprite, write, type Brush } from "./brush";
import { lookOf, type Palette } from "./palette";
import { DESK, PERSON, SCREEN, WIDTH } from "./plan";
import { paintCurtain, paintRoom, paintRugs } from "./room";
import type { Figure, Label, Pose, Scene } from "./scene";
import * as pictures from "./sprites";

const SIZE = 11; // of the smallest writing
const SPINES = ["#4f6d8f", "#7c5572", "#54755c", "#8a5148", "#59586b", "#3f7378"];

export function paint(brush: Brush, scene: Scene, colors: Palette): void {
  const places = new Map(
    scene.figures.filter(({ kind }) => kind === "person").map((one, place) => [one.role ?? "", place]),
  );
  paintRoom(brush, scene, colors);
  paintRugs(brush, scene, colors);
  const on = (kind: Figure["kind"]) => scene.figures.filter((one) => one.kind === kind);
  on("board").forEach((one) => board(brush, one, colors));
  on("slip").forEach((one) => slip(brush, one, colors));
  on("folder").forEach((one) => folder(brush, one, places.get(one.role ?? "") ?? 0));
  const people = on("person");
  scene.desks.forEach((desk, place) => {
    const one = people[place];
    if (!one) return;
    if (one.pose === "away" || one.pose === "door") chair(brush, desk.x + PERSON.x, desk.y + 5, colors);
    if (one.pose !== "away" && one.pose !== "door") person(brush, one, place, colors);
    deskOf(brush, desk.x, desk.y, one, colors);
  });
  on("sheet").forEach((one) => sheet(brush, one, colors));
  on("letter").forEach((one) => sprite(brush, pictures.LETTER, one.x, one.y, paperColors(colors)));
  people.forEach((one, place) => {
    if (one.pose === "door") visitor(brush, one, place, colors);
  });
  scene.labels.forEach((one) => label(brush, one, colors));
  if (scene.more > 0) {
    write(brush, `+${scene.more}`, WIDTH - 18, scene.height - 6, {
      size: SIZE,
      color: colors.ink,
      bold: true,
    });
  }
  if (scene.rehearsal) paintCurtain(brush, scene, colors);
}

function paperColors({ paper, sheetLine, metal, ink }: Palette): Record<string, string> {
  return { p: paper, l: sheetLine, w: metal, k: ink };
}

function board(brush: Brush, { x, y, w, lines = [] }: Figure, colors: Palette): void {
  const tones = { ink: colors.boardInk, quiet: colors.boardQuiet, live: "#0b6b75", holds: "#2a6b3f", you: "#8a4b00", failed: "#a8322a" }; // prettier-ignore
  lines.forEach(({ text, tone }, at) =>
    write(brush, text, x + 3, y + 6 + at * 8.1, {
      size: SIZE,
      color: tones[tone],
      bold: at === 0,
      most: w - 5,
    }),
  );
}

function slip(brush: Brush, { x, y, count = 1 }: Figure, colors: Palette): void {
  rect(brush, x + 0.5, y + 1, 8, 9, colors.shadow);
  rect(brush, x, y, 8, 9, colors.paper);
  rect(brush, x + 3, y - 1, 2, 2, "#0b6b75");
  if (count === 1) {
    rect(brush, x + 1.5, y + 3, 5, 1, colors.sheetLine);
    rect(brush, x + 1.5, y + 5, 4, 1, colors.sheetLine);
    return;
  }
  const digits = count > 99 ? "99" : String(count);
  const left = x + (8 - (digits.length * 4 - 1)) / 2;
  [...digits].forEach((digit, at) =>
    sprite(brush, pictures.DIGITS[digit] ?? [], left + at * 4, y + 2, { x: colors.boardInk }),
  );
}

function folder(brush: Brush, { x, y }: Figure, place: number): void {
  const color = SPINES[place % SPINES.length] ?? "#59586b";
  rect(brush, x, y, 2.5, 11, color);
  rect(brush, x + 0.5, y + 2, 1.5, 3, "#efe9da");
}

function colorsOf(place: number, colors: Palette): Record<string, string> {
  const { skin, hair, shirt } = lookOf(place);
  return {
    s: skin,
    h: hair,
    c: shirt,
    e: "#1f1a18",
    m: "#9a5a50",
    t: "#3a3f4c",
    b: "#221f22",
    ...own(colors),
  };
}

function own({ paper }: Palette): Record<string, string> {
  return { p: paper };
}

const TORSOS: Partial<Record<Pose, readonly string[]>> = { types: pictures.AT_KEYS, model: pictures.THINKS };

function person(brush: Brush, { x, y, pose = "sits", prop }: Figure, place: number, colors: Palette): void {
  const own = colorsOf(place, colors);
  const head = pose === "board" ? pictures.BACK : (pictures.HEADS[lookOf(place).cut] ?? pictures.BACK);
  const torso = prop && prop !== "prompt" ? pictures.TORSO : (TORSOS[pose] ?? pictures.TORSO);
  rect(brush, x + 1, y + 9, 12, 9, colors.shadow);
  sprite(brush, torso, x, y + 8, own);
  sprite(brush, head, x + 2, y, own);
}

function chair(brush: Brush, x: number, y: number, colors: Palette): void {
  sprite(brush, pictures.CHAIR, x + 1, y + 3, { w: colors.woodDark });
}

function deskOf(brush: Brush, x: number, y: number, one: Figure, colors: Palette): void {
  const top = y + DESK.top;
  rect(brush, x + 1, top + DESK.front + 3, DESK.w - 2, 2, colors.shadow);
  rect(brush, x, top, DESK.w, 3, colors.woodLight);
  rect(brush, x + 1, top + 3, DESK.w - 2, DESK.front, colors.wood);
  rect(brush, x + 1, top + 3, DESK.w - 2, 1, colors.woodDark);
  rect(brush, x + DESK.w - 16, top + 6, 12, 3, colors.woodDark);
  rect(brush, x + DESK.w - 11, top + 7, 2, 1, colors.woodLight);
  screen(brush, x + SCREEN.x, y + SCREEN.y, one, colors);
  props(brush, x, y, one, colors);
}

/** Lit while a model or a command is at work; what it shows is what was sent, a point for each character. */
function screen(brush: Brush, x: number, y: number, one: Figure, colors: Palette): void {
  const { w, h } = SCREEN;
  const lit = one.pose === "model" || one.pose === "types" || one.pose === "checks";
  rect(brush, x + w / 2 - 2, y + h, 4, 1, colors.metal);
  rect(brush, x + w / 2 - 4, y + h + 1, 8, 1, colors.metal);
  rect(brush, x, y, w, h, colors.metal);
  const prompt = one.prop === "prompt";
  rect(brush, x + 1, y + 1, w - 2, h - 2, prompt ? "#10231c" : lit ? colors.screenOn : colors.screenOff);
  if (prompt) {
    rect(brush, x + 3, y + 4, 1, 1, colors.prompt);
    rect(brush, x + 4, y + 5, 1, 1, colors.prompt);
    rect(brush, x + 3, y + 6, 1, 1, colors.prompt);
    rect(brush, x + 6, y + 7, 4, 1, colors.prompt);
  }
  const wide = w - 4;
  const rows = Math.floor((h - 3) / 2);
  const typed = (one.typed ?? "").slice(-wide * rows);
  [...typed].forEach((letter, at) => {
    if (letter.trim() === "") return;
    rect(brush, x + 2 + (at % wide), y + 2 + Math.floor(at / wide) * 2, 1, 1, colors.screenInk);
  });
}

function props(brush: Brush, x: number, y: number, one: Figure, colors: Palette): void {
  const paper = paperColors(colors);
  if (one.pose === "model") {
    const sand = { w: colors.woodDark, p: colors.paper, l: colors.live };
    sprite(brush, pictures.HOURGLASS, x + 17, y - 3, sand);
  }
  if (one.pose === "checks") {
    rect(brush, x + 17, y + 15, 8, 3, colors.paper);
    sprite(brush, pictures.STAMP, x + 18, y + 10, { w: colors.woodDark, g: colors.holds });
  }
  if (one.pose === "parked") {
    sprite(brush, ["..w..", ".w.w.", "w...w", ".w.w.", "..w.."], x + 18, y - 2, { w: colors.ink });
  }
  if (one.prop === "book") sprite(brush, pictures.BOOK, x + 7, y + 13, { ...paper, w: "#7c5572" });
  if (one.prop === "pen") sprite(brush, pictures.PEN, x + 8, y + 12, paper);
  if (one.prop === "letter") sprite(brush, pictures.LETTER, x + 7, y + 13, paper);
  if (one.prop === "parcel")
    sprite(brush, pictures.PARCEL, x + 7, y + 13, { w: colors.woodLight, d: colors.woodDark });
}

function sheet(brush: Brush, { x, y, ok }: Figure, colors: Palette): void {
  rect(brush, x, y, 6, 7, colors.paper);
  const color = ok ? "#2a6b3f" : "#a8322a";
  rect(brush, x + 1, y + 2, 4, 4, color);
  rect(brush, x + 2, y + 3, 2, 2, ok ? color : colors.paper);
}

/** Stands at the CEO's door, a card raised. */
function visitor(brush: Brush, { x, y }: Figure, place: number, colors: Palette): void {
  const own = colorsOf(place, colors);
  rect(brush, x + 1, y + 24, 12, 2, colors.shadow);
  sprite(brush, pictures.LEGS, x + 2, y + 19, own);
  sprite(brush, pictures.TORSO, x, y + 10, own);
  sprite(brush, pictures.HEADS[lookOf(place).cut] ?? pictures.BACK, x + 2, y + 2, own);
  rect(brush, x + 12, y + 6, 1, 7, own["s"] ?? "#000000");
  sprite(brush, pictures.CARD, x + 9, y, { y: "#f0b45a", k: "#5a3200" });
}

function label(brush: Brush, { x, y, name, word, tone, clock }: Label, colors: Palette): void {
  const top = y + DESK.top + DESK.front + 11;
  write(brush, name, x + 1, top, { size: SIZE, color: colors.ink, bold: true, most: DESK.w });
  const line = [word, clock].filter(Boolean).join(" ");
  write(brush, line, x + 1, top + 7, { size: SIZE, color: colors[tone], most: DESK.w + 3 });
}
