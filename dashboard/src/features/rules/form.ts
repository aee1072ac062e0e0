/** A policy's form: which field takes what, by the JSON Schema that the office gives. */

export interface Field {
  name: string;
  kind: "choice" | "switch" | "number" | "text" | "json";
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
    kind: choices.length > 0 ? "choice" : kindOf(shown["type"]),
    choices,
    empty: any.some(({ type }) => type === "null"),
    least: bound("minimum"),
    most: bound("maximum"),
  };
}

function kindOf(type: unknown): Field["kind"] {
  if (type === "boolean") return "switch";
  if (type === "number" || type === "integer") return "number";
  return type === "string" ? "text" : "json";
}

/** A value as it is typed. */
export function typedOf({ kind }: Field, value: unknown): string {
  if (value === null || value === undefined) return "";
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
    .map((name) => `${name.replaceAll("_", " ")}: ${inWords(before[name])} → ${inWords(after[name])}`);
}

export function inWords(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  return typeof value === "string" ? value || "nobody named" : JSON.stringify(value);
}
