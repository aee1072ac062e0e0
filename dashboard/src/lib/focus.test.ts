import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { focusSoon } from "@/lib/focus";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  dispatchEvent(new Event("pointerdown"));
  vi.useRealTimers();
  document.body.replaceChildren();
});

function field(id: string): HTMLInputElement {
  const made = document.createElement("input");
  made.id = id;
  document.body.append(made);
  return made;
}

test("a field that is there has the focus at once, and may lose it again", () => {
  const directive = field("directive");
  focusSoon("directive");
  expect(document.activeElement).toBe(directive);
  directive.blur();
  vi.advanceTimersByTime(1_000);
  expect(document.activeElement).not.toBe(directive);
});

test("a field has the focus however late it comes, and however long it cannot take it", () => {
  focusSoon("directive");
  vi.advanceTimersByTime(10_000);
  const directive = field("directive");
  const focus = vi.spyOn(directive, "focus").mockImplementation(() => undefined); // as a hidden one, or one behind a dialog
  vi.advanceTimersByTime(10_000);
  expect(focus).toHaveBeenCalled();
  expect(document.activeElement).not.toBe(directive);
  focus.mockRestore();
  vi.advanceTimersByTime(50);
  expect(document.activeElement).toBe(directive);
});

test.each(["keydown", "pointerdown"])("a person who goes on (%s) is not called back", (act) => {
  focusSoon("directive");
  dispatchEvent(new Event(act));
  const directive = field("directive");
  vi.advanceTimersByTime(1_000);
  expect(document.activeElement).not.toBe(directive);
});

test("of two fields the one that was asked for last has the focus", () => {
  focusSoon("directive");
  focusSoon("search-words");
  field("directive");
  const words = field("search-words");
  vi.advanceTimersByTime(100);
  expect(document.activeElement).toBe(words);
});
