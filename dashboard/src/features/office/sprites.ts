/** Small pictures as text: a letter is a colour, a dot is nothing. */

export const HEADS: readonly (readonly string[])[] = [
  // short
  ["..hhhhhh..", ".hhhhhhhh.", ".hhhhhhhh.", ".hssssssh.", ".ssessess.", ".ssssssss.", "..ssmmss..", "...ssss..."],
  // long
  ["..hhhhhh..", ".hhhhhhhh.", "hhhhhhhhhh", "hhsssssshh", "hhsesseshh", "hhsssssshh", "hhssmmsshh", "hh.ssss.hh"],
  // a parting, and a beard
  ["...hhhhh..", ".hhhhhhhh.", ".hhhshhhh.", ".hssssssh.", ".ssessess.", ".hssssssh.", ".hhsmmshh.", "..hhhhhh.."],
  // a bun
  ["....hh....", "...hhhh...", "..hhhhhh..", ".hhhhhhhh.", ".hssssssh.", ".ssessess.", ".ssssssss.", "...smms..."],
]; // prettier-ignore

/** From behind, looking at the board. */
export const BACK = [
  "..hhhhhh..",
  ".hhhhhhhh.",
  ".hhhhhhhh.",
  ".hhhhhhhh.",
  ".hhhhhhhh.",
  ".hhhhhhhh.",
  "..hhhhhh..",
  "...ssss...",
];

export const TORSO = [
  "....cccccc....",
  "..cccccccccc..",
  ".cccccccccccc.",
  ".cccccccccccc.",
  ".cccccccccccc.",
  ".cc.cccccc.cc.",
  ".cc.cccccc.cc.",
  ".cc.cccccc.cc.",
  ".ss.cccccc.ss.",
];

/** Both hands forward, at the keys. */
export const AT_KEYS = [
  "....cccccc....",
  "..cccccccccc..",
  ".cccccccccccc.",
  ".cccccccccccc.",
  ".cccccccccccc.",
  "..cccccccccccc",
  "...ccccccc.ccc",
  "....cccccc..ss",
  "....cccccc....",
];

/** One hand at the chin. */
export const THINKS = [
  "....cccccc.ss.",
  "..ccccccccccc.",
  ".cccccccccccc.",
  ".cccccccccccc.",
  ".ccccccccccc..",
  ".cc.cccccc....",
  ".cc.cccccc....",
  ".cc.cccccc....",
  ".ss.cccccc....",
];

export const LEGS = ["..tttttt..", "..tttttt..", "..tt..tt..", "..tt..tt..", "..tt..tt..", "..bb..bb.."];

export const HOURGLASS = ["wwwww", "wpppw", ".wlw.", "..w..", ".wlw.", "wlllw", "wwwww"];
export const BOOK = [".pp.pp.", "pllpllp", "pppwppp", "pllwllp", "pppwppp", ".wwwww."];
export const PEN = ["......k", ".....k.", "ppppk..", "plpkpp.", "pppppp.", "pllllp.", "pppppp."];
export const PARCEL = ["wwwwwwww", "wwwddwww", "wwwddwww", "dddddddd", "wwwddwww", "wwwddwww"];
export const LETTER = ["pppppppp", "plpppplp", "pplpplpp", "ppplpppp", "pppppppp", "pppppppp"];
export const STAMP = ["..ww..", "..ww..", ".wwww.", "gggggg"];
export const CARD = ["yyyyyyy", "yyykyyy", "yyykyyy", "yyykyyy", "yyyyyyy", "yyykyyy", "yyyyyyy"];
export const PLANT = [
  "..g.g...",
  ".gggg.g.",
  "ggdgggg.",
  ".gggdggg",
  "..gdgg..",
  "...dg...",
  "..ooooo.",
  "..ooooo.",
  "...ooo..",
];
export const CHAIR = [
  "..wwwwwwww..",
  ".wwwwwwwwww.",
  ".wwwwwwwwww.",
  ".wwwwwwwwww.",
  ".wwwwwwwwww.",
  "..wwwwwwww..",
];

/** Digits, three wide and five high. */
export const DIGITS: Readonly<Record<string, readonly string[]>> = {
  "0": ["xxx", "x.x", "x.x", "x.x", "xxx"],
  "1": [".x.", "xx.", ".x.", ".x.", "xxx"],
  "2": ["xxx", "..x", "xxx", "x..", "xxx"],
  "3": ["xxx", "..x", ".xx", "..x", "xxx"],
  "4": ["x.x", "x.x", "xxx", "..x", "..x"],
  "5": ["xxx", "x..", "xxx", "..x", "xxx"],
  "6": ["xxx", "x..", "xxx", "x.x", "xxx"],
  "7": ["xxx", "..x", ".x.", ".x.", ".x."],
  "8": ["xxx", "x.x", "xxx", "x.x", "xxx"],
  "9": ["xxx", "x.x", "xxx", "..x", "xxx"],
};
