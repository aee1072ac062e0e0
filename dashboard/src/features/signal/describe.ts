/** An event in a line: a shape, who, what, and on what. */
import { look } from "@/components/status";
import { oneLine } from "@/lib/format";
import type { LedgerEvent } from "@/lib/ledger/types";

export interface Line {
  shape: string;
  tone: string;
  who: string;
  what: string;
  text: string;
  evidence: boolean;
}

export type Titles = ReadonlyMap<string, string>;

const QUIET = new Set(["turn", "proposal", "log", "command"]);
const QUIET_TASK = new Set(["waiting", "queued", "working", "checking"]);
const NOTES = new Set(["finding", "code_snippet", "summary", "error", "request_for_help", "status_update", "completion", "source", "answer", "log", "command"]); // prettier-ignore

/** Whether an event says something to who does not look for it. */
export function matters(event: LedgerEvent): boolean {
  if (event.kind === "task") return !QUIET_TASK.has(String(event.payload["after"]));
  return !QUIET.has(event.kind);
}

export function describe(event: LedgerEvent, nameOf: (role: string) => string, titles: Titles): Line {
  const who = nameOf(event.author);
  const title = titleOf(event, titles);
  const { payload, kind } = event;
  if (kind === "task") return change(who, String(payload["after"]), title);
  if (kind === "mission")
    return change(
      "Program",
      String(payload["after"]),
      reasonOr(payload["reason"], titles.get(event.mission_id ?? "") ?? "the mission"),
    );
  if (kind === "receipt") return receiptLine(payload["ok"] === true, text(payload["text"]));
  if (kind === "desk") return deskLine(who, String(payload["after"]), title);
  if (kind === "artifact") return plain("▤", who, text(payload["kind"]), text(payload["name"]));
  if (kind === "turn") return plain("◐", who, "answer of the model", toolsOf(payload["tools"]));
  if (kind === "budget") {
    return {
      ...plain("$", "Program", `limit ${text(payload["what"])}`, text(payload["scope"])),
      tone: "you",
    };
  }
  if (kind === "compaction") return plain("≡", who, "conversation summed up", compacted(payload, title));
  if (kind === "message")
    return plain("✉", who, `wrote to ${nameOf(String(payload["to"]))}`, text(payload["type"]));
  return otherLine(event, who);
}

function otherLine({ kind, payload }: LedgerEvent, who: string): Line {
  if (kind === "worker") {
    const left = payload["move"] === "left";
    return plain(left ? "┄" : "·", who, left ? "worker left" : "worker came", text(payload["worker"]));
  }
  if (NOTES.has(kind)) return plain("•", who, kind.replaceAll("_", " "), text(payload["text"]));
  return plain("·", who, kind, text(payload["after"] ?? payload["text"]));
}

/** What the event's task is called; where that is not known, of which mission it is. */
function titleOf({ task_id, mission_id }: LedgerEvent, titles: Titles): string {
  if (task_id === null) return "";
  const mission = titles.get(mission_id ?? "");
  return titles.get(task_id) ?? (mission ? `a task of: ${mission}` : "a task");
}

function receiptLine(ok: boolean, said: string): Line {
  return {
    shape: ok ? "▣" : "▢",
    tone: ok ? "holds" : "failed",
    who: "Program",
    what: ok ? "receipt holds" : "receipt missing",
    text: said,
    evidence: true,
  };
}

function change(who: string, status: string, title: string): Line {
  const claimed = status === "claimed";
  const { shape, tone, word } = look(status);
  return {
    shape: claimed ? "▸" : shape,
    tone: status === "failed" ? tone : "quiet",
    who,
    what: claimed ? "claimed" : word,
    text: title,
    evidence: false,
  };
}

function deskLine(who: string, status: string, title: string): Line {
  const open = status === "open";
  return {
    shape: "◆",
    tone: open ? "you" : "quiet",
    who: open ? who : "You",
    what: open ? "needs you" : status,
    text: title,
    evidence: false,
  };
}

function plain(shape: string, who: string, what: string, said: string): Line {
  return { shape, tone: "quiet", who, what, text: said, evidence: false };
}

function compacted({ until, chars, summed_up }: LedgerEvent["payload"], title: string): string {
  const by = summed_up === true ? "by a model" : "listed by the program";
  return `up to turn ${String(until)} in ${String(chars)} characters, ${by}${title && `: ${title}`}`;
}

function toolsOf(tools: unknown): string {
  return Array.isArray(tools) ? tools.join(", ") : "";
}

function reasonOr(reason: unknown, other: string): string {
  return typeof reason === "string" ? reason : other;
}

function text(value: unknown): string {
  return typeof value === "string" ? oneLine(value, 400) : "";
}
