import { expect, test } from "vitest";
import type { Task } from "@/lib/api/client";
import { graphLayout } from "./layout";

function task(id: string, depends_on: string[] = [], kind = "work"): Task {
  return { id, key: id, kind, depends_on } as Task;
}

test("each task stands right of all that it waits for", () => {
  const tasks = [
    task("plan", [], "plan"),
    task("a"),
    task("b", ["a"]),
    task("c", ["a", "b"]),
    task("d", ["a"]),
  ];
  const { placed, columns } = graphLayout(tasks);
  const column = Object.fromEntries(placed.map((one) => [one.task.id, one.column]));
  expect(column).toEqual({ plan: 0, a: 1, b: 2, c: 3, d: 2 });
  expect(columns).toBe(4);
});

test("no two tasks stand on one place", () => {
  const { placed } = graphLayout([task("a"), task("b"), task("c", ["a"]), task("d", ["b"])]);
  expect(new Set(placed.map(({ column, row }) => `${column} ${row}`)).size).toBe(4);
});

test("the summary stands last, though it waits for no single task", () => {
  const { placed } = graphLayout([task("a"), task("b", ["a"]), task("sum", [], "synthesis")]);
  expect(placed.find((one) => one.task.id === "sum")?.column).toBe(3);
});

test("five hundred tasks in one chain, or a circle, are placed at once", () => {
  const chain = Array.from({ length: 500 }, (_, at) => task(`t${at}`, at ? [`t${at - 1}`] : []));
  expect(graphLayout(chain).columns).toBe(501);
  expect(graphLayout([task("a", ["b"]), task("b", ["a"])]).placed).toHaveLength(2);
});

test("the plan leads to what begins with it, and all that nobody else waits for to the summary", () => {
  const tasks = [
    task("plan", [], "plan"),
    task("a"),
    task("b", ["a"]),
    task("c"),
    task("sum", [], "synthesis"),
  ];
  const { edges } = graphLayout([...tasks, task("look", ["b"], "review")]);
  expect(edges.map(({ from, to }) => `${from.task.id}-${to.task.id}`)).toEqual([
    "plan-a",
    "a-b",
    "plan-c",
    "b-sum",
    "c-sum",
    "b-look",
  ]);
});
