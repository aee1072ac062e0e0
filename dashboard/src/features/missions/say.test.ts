import { expect, test } from "vitest";
import { sayTwin } from "./say";

test("the command says the same, and a shell reads nothing else in it", () => {
  expect(sayTwin("shop", "pm", "Stop")).toBe("ceo say shop pm Stop");
  expect(sayTwin("shop", "all", " Sell it in $EUR, `now` ")).toBe(
    "ceo say shop all 'Sell it in $EUR, `now`'",
  );
  expect(sayTwin("shop", "all", "Don't; rm -rf ~")).toBe("ceo say shop all 'Don'\\''t; rm -rf ~'");
  expect(sayTwin("shop", "all", "one\ntwo")).toBe("ceo say shop all 'one\ntwo'");
  expect(sayTwin("shop", "all", "  ")).toBe('ceo say shop all "…"');
});
