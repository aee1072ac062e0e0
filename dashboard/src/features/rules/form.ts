/** A policy's form: which field takes what, by the JSON Schema that the office gives. */

export interface Field {
  name: string;
  kind: "choice" | "switch" | "number" | "text" | "list" | "json";
  choices: string[];
  /** Whether it may be left empty, which stands for null. */
  empty: boolean;
  least: number | undefined;
  most: number | undefined;
}

type Shape = Record<string, unknown>;

function shapeOf(value: unknown): Shape {
  return typeof value === "object" && value !== null ? (value as Shape) : {};
}

/** The fields of a policy. What a form cannot show better is written as JSON. */
export function fieldsOf(form: unknown): Field[] {
  return Object.entries(shapeOf(shapeOf(form)["properties"])).map(([name, said]) =>
    fieldOf(name, shapeOf(said)),
  );
}

function fieldOf(name: string, said: Shape): Field {
  const any = Array.isArray(said["anyOf"]) ? said["anyOf"].map(shapeOf) : [said];
  const shown = any.find(({ type }) => type !== "null") ?? said;
  const choices = Array.isArray(shown["enum"]) ? shown["enum"].map(String) : [];
  const bound = (key: string) => (typeof shown[key] === "number" ? shown[key] : undefined);
  return {
    name,
    kind: choices.length > 0 ? "choice" : kindOf(shown),
    choices,
    empty: any.some(({ type }) => type === "null"),
    least: bound("minimum"),
    most: bound("maximum"),
  };
}

function kindOf({ type, items }: Shape): Field["kind"] {
  if (type === "boolean") return "switch";
  if (type === "array" && shapeOf(items)["type"] === "string") return "list";
  if (type === "number" || type === "integer") return "number";
  return type === "string" ? "text" : "json";
}

/** A value as it is typed. */
export function typedOf({ kind }: Field, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (kind === "list" && Array.isArray(value)) return value.join(", ");
  return kind === "json" ? JSON.stringify(value) : String(value);
}

/** What was typed, as the office takes it; undefined if it is no such value. Whether it may be the office says. */
export function valueOf({ kind, empty }: Field, typed: string): unknown {
  if (typed.trim() === "" && empty) return null;
  if (kind === "switch") return typed === "true";
  if (kind === "number") {
    const number = Number(typed);
    return typed.trim() !== "" && Number.isFinite(number) ? number : undefined;
  }
  if (kind === "list")
    return typed
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
  if (kind !== "json") return typed;
  try {
    return JSON.parse(typed) as unknown;
  } catch {
    return undefined;
  }
}

/** What a change of a policy changed, part by part. */
export function changesOf(before: Shape, after: Shape): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => `${partInWords(name)}: ${inWords(before[name])} → ${inWords(after[name])}`);
}

const SHORT: Record<string, string> = { usd: "USD", ci: "CI" };

/** What a part is called. */
export function partInWords(name: string): string {
  const words = name.split("_").map((word) => SHORT[word] ?? word);
  return words.join(" ");
}

/** A value as a person says it: what a form shows as `yes` is `yes` wherever it stands. */
export function inWords(value: unknown): string {
  if (value === null || value === undefined || value === "") return "not set";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length > 0 ? value.map(inWords).join(", ") : "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
