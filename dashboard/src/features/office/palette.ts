/** The office's few colours, by day and by night. Amber is the CEO's alone here, too. */

export interface Palette {
  wall: string;
  wallLow: string;
  skirting: string;
  floor: string;
  seam: string;
  rug: string;
  rugWave: string;
  wood: string;
  woodDark: string;
  woodLight: string;
  paper: string;
  sheetLine: string;
  cork: string;
  corkDot: string;
  metal: string;
  screenOff: string;
  screenOn: string;
  screenInk: string;
  prompt: string;
  leaf: string;
  leafDark: string;
  pot: string;
  curtain: string;
  curtainFold: string;
  curtainInk: string;
  ink: string;
  quiet: string;
  live: string;
  holds: string;
  you: string;
  failed: string;
  boardInk: string;
  boardQuiet: string;
  shadow: string;
}

const DAY: Palette = {
  wall: "#e3dcca",
  wallLow: "#d3cab4",
  skirting: "#8d7a63",
  floor: "#bda98a",
  seam: "#ab9677",
  rug: "#7e9b9b",
  rugWave: "#9db4b1",
  wood: "#9a7557",
  woodDark: "#6f5340",
  woodLight: "#b8906d",
  paper: "#fffdf6",
  sheetLine: "#c9c2b2",
  cork: "#c9ab84",
  corkDot: "#b39470",
  metal: "#5a5f69",
  screenOff: "#2c313b",
  screenOn: "#0d4f58",
  screenInk: "#a9e5ea",
  prompt: "#8fd6a3",
  leaf: "#5d8a5f",
  leafDark: "#446b4b",
  pot: "#8c5f55",
  curtain: "#6d3a4e",
  curtainFold: "#572c3e",
  curtainInk: "#f3e6ea",
  ink: "#1f2430",
  quiet: "#453d31",
  live: "#064d55",
  holds: "#2a6b3f",
  you: "#6b3900",
  failed: "#a8322a",
  boardInk: "#1f2430",
  boardQuiet: "#5d6270",
  shadow: "rgb(40 28 16 / 18%)",
};

const NIGHT: Palette = {
  ...DAY,
  wall: "#2a3040",
  wallLow: "#232838",
  skirting: "#171b26",
  floor: "#3a3535",
  seam: "#322d2e",
  rug: "#2f4a52",
  rugWave: "#3b5a61",
  wood: "#6d5546",
  woodDark: "#4c3b33",
  woodLight: "#84695a",
  paper: "#e6e0d2",
  cork: "#78644f",
  corkDot: "#665341",
  metal: "#747b88",
  screenOff: "#0f131b",
  screenOn: "#0f6570",
  screenInk: "#c8f4f7",
  leaf: "#4c7455",
  leafDark: "#385945",
  pot: "#6b4840",
  curtain: "#5a2f41",
  curtainFold: "#472433",
  ink: "#f2eee4",
  quiet: "#c3c0ba",
  live: "#7fdde6",
  holds: "#7cc48f",
  you: "#f0b45a",
  failed: "#f4a19a",
  shadow: "rgb(0 0 0 / 30%)",
};

export function paletteOf(dark: boolean): Palette {
  return dark ? NIGHT : DAY;
}

const SKINS = ["#f1cfb0", "#d9a67e", "#b07a52", "#7d5238", "#e6bb95"];
const HAIRS = ["#2a2220", "#5b3b2a", "#8a5d3b", "#4a4a52", "#1f2a3a", "#9a938c"];
const SHIRTS = ["#4f6d8f", "#7c5572", "#54755c", "#8a5148", "#59586b", "#3f7378"];

export interface Look {
  skin: string;
  hair: string;
  shirt: string;
  /** Which of the haircuts. */
  cut: number;
}

/** How who sits at a place looks: neighbours never alike. It means nothing. */
export function lookOf(place: number): Look {
  const pick = (from: readonly string[], at: number) => from[at % from.length] ?? "#888888";
  return {
    skin: pick(SKINS, place * 2 + 1),
    hair: pick(HAIRS, place),
    shirt: pick(SHIRTS, place),
    cut: place % 4,
  };
}

const HOURS: [until: number, top: string, low: string][] = [
  [5, "#141b33", "#232b4a"],
  [7, "#57608f", "#c7a3b0"],
  [10, "#8fc0dc", "#cfe4ec"],
  [17, "#7db4d8", "#bcdcea"],
  [19, "#6f7fb0", "#c99ba8"],
  [21, "#3a4470", "#75678c"],
  [24, "#141b33", "#232b4a"],
];

/** The one ornament: the sky of the reader's hour. */
export function skyAt(hour: number): { top: string; low: string; night: boolean } {
  const [, top, low] = HOURS.find(([until]) => hour < until) ?? [24, "#141b33", "#232b4a"];
  return { top, low, night: hour < 5 || hour >= 21 };
}
