import { expect, test } from "vitest";
import { pageOf, type Hit } from "./places";

const HIT = { id: "x/1", mission_slug: "shop", name: "a b", excerpt: "" } as Hit;

test("a hit opens where it stands", () => {
  const at = (kind: string) => pageOf({ ...HIT, kind }, []);
  expect(at("mission")).toBe("/missions/shop");
  expect(at("task")).toBe("/missions/shop?task=x%2F1");
  expect(at("entry")).toBe("/missions/shop?at=x%2F1");
  expect(at("report")).toBe("/reports/shop/a%20b");
  expect(at("source")).toBe("/sources/x%2F1");
  expect(at("code")).toBe("/library/code/x%2F1");
  expect(pageOf({ ...HIT, kind: "memory", mission_slug: null }, [])).toBe("/memory#x%2F1");
});

test("a hit of code opens the file whose name has the word", () => {
  const at = (excerpt: string, ...words: string[]) =>
    pageOf({ ...HIT, id: "r1", kind: "code", excerpt }, words);
  expect(at("Invoices for shops. README.md src/Invoice.py", "invoice")).toBe(
    "/library/code/r1?path=src%2FInvoice.py",
  );
  expect(at("README.md Makefile", "readme", "makefile")).toBe("/library/code/r1?path=README.md");
  expect(at("an invoice. More of it", "invoice")).toBe("/library/code/r1");
  expect(at("…/invoice.py tests/invoice.p…", "invoice")).toBe("/library/code/r1");
});
