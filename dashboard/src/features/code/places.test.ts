import { expect, test } from "vitest";
import { folderOf, lineCount, placeInCode, wayTo } from "./places";

test("a place has only what is known of it, and no name can leave its part of the address", () => {
  expect(placeInCode("r1")).toBe("/library/code/r1");
  expect(placeInCode("a/b?c", { sha: "", folder: "" })).toBe("/library/code/a%2Fb%3Fc");
  const place = placeInCode("r1", { sha: "0a", folder: "src", path: "src/a&path=b#c.py" });
  const query = new URL(place, "http://x").searchParams;
  expect([...query]).toEqual([
    ["sha", "0a"],
    ["folder", "src"],
    ["path", "src/a&path=b#c.py"],
  ]);
});

test("a name that is no text has a place, too", () => {
  expect(placeInCode("r1", { path: "a\ud800.py" })).toBe("/library/code/r1?path=a%EF%BF%BD.py");
});

test("a file is in its folder, and each folder on the way is one", () => {
  expect(folderOf("a.py")).toBe("");
  expect(folderOf("src/app/a.py")).toBe("src/app");
  expect(wayTo("")).toEqual([]);
  expect(wayTo("src/app")).toEqual([
    { name: "src", folder: "src" },
    { name: "app", folder: "src/app" },
  ]);
});

test("lines are counted as an editor counts them", () => {
  expect([lineCount("a"), lineCount("a\n"), lineCount("a\n\nb"), lineCount("\n")]).toEqual([1, 1, 3, 1]);
});
