import { expect, test } from "vitest";
import { duration, firstName, money, oneLine, parseDollars, plural, took } from "@/lib/format";

test("money has two digits, and four below ten cents", () => {
  expect(money(1_350_000)).toBe("$1.35");
  expect(money(100_000)).toBe("$0.10");
  expect(money(24_400)).toBe("$0.0244");
  expect(money(0)).toBe("$0.00");
});

test("a duration counts minutes, and hours only where there are any", () => {
  expect(duration(511_000)).toBe("8:31");
  expect(duration(59_999)).toBe("0:59");
  expect(duration(3_723_000)).toBe("1:02:03");
  expect(duration(-5)).toBe("0:00");
  expect(duration(47 * 3_600_000 + 59_000)).toBe("47:00:59");
  expect(duration(689 * 3_600_000 + 59_000)).toBe("28 d 17 h");
});

test("what is over took tenths of a second, until there are ten of these", () => {
  expect([0, 49, 50, 440, 5_700, 9_949].map(took)).toEqual([
    "< 0.1 s",
    "< 0.1 s",
    "0.1 s",
    "0.4 s",
    "5.7 s",
    "9.9 s",
  ]);
  expect([9_950, 10_000, 59_999, 511_000].map(took)).toEqual(["0:09", "0:10", "0:59", "8:31"]);
});

test("dollars are an amount above nothing, or nothing", () => {
  expect(parseDollars("4")).toBe(4_000_000);
  expect(parseDollars("$0.10")).toBe(100_000);
  expect(parseDollars("0")).toBeNull();
  expect(parseDollars("4,50")).toBeNull();
  expect(parseDollars("1e3")).toBeNull();
  expect(parseDollars("-1")).toBeNull();
});

test("a line is cut at a word, and only where it is too long", () => {
  expect(oneLine("a  short\nline", 40)).toBe("a short line");
  expect(oneLine("words that go on and on", 16)).toBe("words that go…");
  expect(oneLine("x".repeat(30), 10)).toHaveLength(10);
});

test("words agree with their number", () => {
  expect(plural(1, "receipt")).toBe("1 receipt");
  expect(plural(1000, "entry", "entries")).toBe("1,000 entries");
  expect(firstName("Alex Chen")).toBe("Alex");
});
