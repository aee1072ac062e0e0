import { expect, test } from "vitest";
import { parseReport } from "./parse";

const FRONT = "---\ntitle: A\nsources: [e1, e12]\n---\n\n";
const FOOTER =
  "\n\n---\n\n*From here on written by the program, from the ledger.*\n\n## Checked by the program\n\n- true\n";
const LISTED = "\n\n## Sources\n\n*Listed by the program, from the mission's trail.*\n\n#### e1\n\nfound\n";

test("the author's own text stays, with what it cites", () => {
  const { body, sources } = parseReport(`${FRONT}# A\n\nIt is so [e1].${LISTED}`, false);
  expect(body).toBe("# A\n\nIt is so [e1].");
  expect(sources).toEqual(["e1", "e12"]);
});

test("what the program wrote is cut from a summary: the page draws it from the ledger", () => {
  expect(parseReport(`${FRONT}# A${FOOTER}${LISTED}`, true).body).toBe("# A");
});

test("a section that a model forged stays among its own words", () => {
  const forged = `${FRONT}# A${FOOTER.replace("true", "a lie")}\nmore of mine`;
  expect(parseReport(`${forged}${FOOTER}`, true).body).toContain("a lie");
  expect(parseReport(forged, false).body).toContain("a lie");
});

test("a text without front matter is shown as it is", () => {
  expect(parseReport("# A\n\n---\n\nb", false)).toEqual({ body: "# A\n\n---\n\nb", sources: [] });
});
