/** All that can be gone to or done by its name, each with the command that does the same in a terminal. */
import type { DeskItem, Mission, Report } from "@/lib/api/client";
import { oneLine } from "@/lib/format";
import { isOpen } from "@/lib/ledger/types";

export interface Entry {
  id: string;
  kind: "page" | "do" | "desk" | "mission" | "report";
  name: string;
  /** Where it leads. */
  to: string;
  /** The command of `ceo` that shows or does the same. */
  twin: string;
  keys?: string;
}

const page = (name: string, to: string, twin: string, keys?: string): Entry => ({
  id: `page ${to}`,
  kind: "page",
  name,
  to,
  twin,
  ...(keys ? { keys } : {}),
});
const verb = (name: string, to: string, twin: string, keys?: string): Entry => ({
  ...page(name, to, twin, keys),
  id: `do ${name}`,
  kind: "do",
});

const PAGES: readonly Entry[] = [
  page("Stage", "/stage", "ceo watch", "g s"),
  page("Missions", "/missions", "ceo missions", "g m"),
  page("Desk", "/desk", "ceo desk", "g i"),
  page("Library", "/library", "ceo reports", "g l"),
  page("Memory", "/memory", "ceo memory list", "g e"),
  page("Money", "/money", "ceo budget", "g $"),
  page("Team", "/team", "ceo staff", "g t"),
  page("Rules", "/rules", "ceo policy", "g r"),
  page("System", "/system", "ceo doctor", "g y"),
  page("Search", "/search", "ceo search WORDS", "/"),
];

const VERBS: readonly Entry[] = [
  verb("Give a directive", "/stage#directive", 'ceo run "…"', "c"),
  verb("See what was decided", "/desk?show=decided", "ceo desk"),
  verb("Change a limit", "/money", "ceo budget MISSION USD"),
  verb("Change what they may do unasked", "/rules", "ceo policy KEY VALUE"),
  verb("Lay down a rule for every task", "/memory#add", 'ceo memory add "…"'),
  verb("Log in another device", "/system#pair", "ceo open --pair"),
  verb("See which browsers are logged in", "/system#browsers", "ceo session list"),
];

const MOST = 60;

export function allEntries(
  missions: readonly Mission[],
  reports: readonly Report[],
  requests: readonly DeskItem[],
): Entry[] {
  return [
    ...requests.map(ofRequest),
    ...PAGES,
    ...VERBS,
    ...missions.flatMap(ofMission),
    ...reports.map(ofReport),
  ];
}

function ofRequest({ id, kind, text }: DeskItem): Entry {
  const twins: Record<string, string> = {
    question: `ceo answer ${id} "…"`,
    decision: `ceo run --follows ${id} "…"`,
  };
  const twin = twins[kind] ?? `ceo approve ${id}`;
  return { id: `desk ${id}`, kind: "desk", name: oneLine(text, 90), to: `/desk#${id}`, twin };
}

function ofMission({ slug, directive_text, status }: Mission): Entry[] {
  const name = oneLine(directive_text, 90);
  const shows: Entry = {
    id: `mission ${slug}`,
    kind: "mission",
    name,
    to: `/missions/${slug}`,
    twin: `ceo show ${slug}`,
  };
  if (!isOpen({ status })) return [shows];
  const ends = { ...shows, id: `cancel ${slug}`, kind: "do" as const, name: `Cancel: ${name}` };
  return [shows, { ...ends, to: `/missions/${slug}#cancel`, twin: `ceo cancel ${slug}` }];
}

function ofReport({ mission_slug, name, title }: Report): Entry {
  const at = `${mission_slug}/${name}`;
  return {
    id: `report ${at}`,
    kind: "report",
    name: oneLine(title, 90),
    to: `/reports/${at}`,
    twin: `ceo read ${at}`,
  };
}

/** Return the entries that have all the words, in the name or the command; those whose name begins with them first. */
export function find(entries: readonly Entry[], typed: string): Entry[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found = entries.filter(({ name, twin, kind }) => {
    const text = `${name} ${twin} ${kind}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const first = words[0] ?? "";
  const begins = ({ name }: Entry) => Number(name.toLowerCase().startsWith(first));
  return (first ? found.toSorted((one, other) => begins(other) - begins(one)) : found).slice(0, MOST);
}
