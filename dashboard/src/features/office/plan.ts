/** Where everything stands in the office, in its own units: four desks in a row, the wall above them. */

export interface Point {
  x: number;
  y: number;
}

export const WIDTH = 208;
export const WALL = 54;
export const MOST_DESKS = 12;
const IN_A_ROW = 4;
const PITCH = 51;
const ROW = 53;
const FIRST_ROW = 69;

export const WINDOW = { x: 9, y: 17, w: 29, h: 24 };
export const BOARD = { x: 46, y: 15, w: 64, h: 28 };
export const CORK = { x: 115, y: 16, w: 37, h: 26 };
export const SHELF = { x: 156, y: 25, w: 28, h: 29 };
export const DOOR = { x: 188, y: 19, w: 15, h: 35 };
export const CLOCK = { x: 170, y: 16, r: 5 };
export const DESK = { w: 46, top: 17, front: 8 };
export const PERSON = { x: 4, w: 14, h: 18 };
export const SCREEN = { x: 24, y: 3, w: 18, h: 13 };

const SLIP = 9;
const SLIPS_IN_A_ROW = 4;
export const MOST_SLIPS = 8;
const SPINES_IN_A_ROW = 8;
export const MOST_FOLDERS = 16;
const QUEUE = 13;

export function heightOf(people: number): number {
  return FIRST_ROW + Math.max(1, Math.ceil(Math.min(people, MOST_DESKS) / IN_A_ROW)) * ROW;
}

/** The upper left corner of a desk with who sits there. */
export function deskAt(place: number): Point {
  return { x: 4 + (place % IN_A_ROW) * PITCH, y: FIRST_ROW + Math.floor(place / IN_A_ROW) * ROW };
}

/** Where a letter to the CEO, and one of theirs, lies: before the door. */
export const MAT: Point = { x: DOOR.x + 4, y: WALL - 3 };

/** Where who waits at the CEO's door stands. */
export function queueAt(place: number): Point {
  return { x: DOOR.x + 1 - place * QUEUE, y: WALL - 14 };
}

export function slipAt(place: number): Point {
  return {
    x: CORK.x + 1 + (place % SLIPS_IN_A_ROW) * SLIP,
    y: CORK.y + 3 + Math.floor(place / SLIPS_IN_A_ROW) * (SLIP + 3),
  };
}

export function folderAt(place: number): Point {
  return {
    x: SHELF.x + 2 + (place % SPINES_IN_A_ROW) * 3,
    y: SHELF.y + 2 + Math.floor(place / SPINES_IN_A_ROW) * 13,
  };
}
