import { expect, test } from "vitest";
import { htmlOf } from "./file";
import { player, type Exported } from "./player";

const HOSTILE = `</script><script>window.ran=1</script><img src="http://example.com/x" onerror="window.ran=2">`;
const DATA: Exported = {
  title: HOSTILE, facts: "Succeeded", summary: HOSTILE, by: "Alex", begin: 0, end: 60_000,
  lanes: [{ name: HOSTILE, bars: [{ kind: "model", x: 0, width: 50 }], marks: [{ kind: "entry", x: 40 }] }],
  lines: [
    { seq: 1, at: 0, shape: "●", who: HOSTILE, what: "began", text: HOSTILE },
    { seq: 2, at: 30_000, shape: "●", who: "Sarah", what: "ended", text: "b" },
  ],
}; // prettier-ignore

test("hostile text is nowhere in the file as it was written, and nothing in it is asked of a host", () => {
  const html = htmlOf(DATA);
  expect(html).not.toContain("<img");
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html).toContain("default-src 'none'");
  const nonce = /script-src 'nonce-(\w{20,})'/.exec(html)?.[1];
  expect(html.match(/<script[^>]*nonce=[^>]*>/g)).toEqual([`<script nonce="${nonce}">`]);
  expect(htmlOf(DATA)).not.toContain(`nonce-${nonce}'`);
  const data = /id="data">(.*?)<\/script>/.exec(html)?.[1] ?? "";
  expect(html.replace(data, "")).not.toMatch(/(src|href)=|url\(|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
  expect(JSON.parse(data)).toEqual(DATA);
});

test("the player shows text as text, and steps to each event", () => {
  const html = htmlOf(DATA);
  document.body.innerHTML = /<body>(.*?)<script/s.exec(html)?.[1] ?? "";
  player(document, DATA);
  expect(document.querySelectorAll("img, script")).toHaveLength(0);
  expect(document.getElementById("title")?.textContent).toBe(HOSTILE);
  const shown = () => [...document.querySelectorAll<HTMLElement>("li")].map((row) => !row.hidden);
  expect(shown()).toEqual([true, true]);
  document.getElementById("back")?.click();
  document.getElementById("back")?.click();
  expect(shown()).toEqual([true, false]);
  expect(document.getElementById("clock")?.textContent).toBe("0:00 / 1:00");
  document.getElementById("on")?.click();
  expect(shown()).toEqual([true, true]);
  expect(document.querySelector("rect")?.getAttribute("width")).toBe("50%");
});
