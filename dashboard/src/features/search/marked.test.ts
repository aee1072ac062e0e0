import { expect, test } from "vitest";
import { marked } from "./marked";

const shown = (text: string, words: string[]) =>
  marked(text, words).map((part) => (part.hit ? `[${part.text}]` : part.text));

test("the words are marked wherever they stand, whatever their case", () => {
  expect(shown("Note apps, and a note", ["note", "apps"])).toEqual([
    "[Note]",
    " ",
    "[apps]",
    ", and a ",
    "[note]",
  ]);
});

test("of two that begin together the longer one is marked", () => {
  expect(shown("notes", ["note", "notes"])).toEqual(["[notes]"]);
});

test("no words, and no hits, leave the text as it is", () => {
  expect(shown("text", [])).toEqual(["text"]);
  expect(shown("text", ["", "no"])).toEqual(["text"]);
  expect(shown("İx x", ["x"]).join("")).toBe("İx x");
});
