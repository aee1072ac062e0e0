/** A mission as it goes into a file: its score, and its log in lines. */
import type { MissionDetail } from "@/lib/api/client";
import { download } from "@/lib/download";
import { dateTime, money, took } from "@/lib/format";
import type { MissionLog } from "@/lib/history";
import type { Names } from "@/lib/names";
import { scoreLayout } from "@/features/score/layout";
import { describe, matters } from "@/features/signal/describe";

export async function savePage(
  mission: MissionDetail,
  log: MissionLog,
  names: Names,
  end: number,
): Promise<void> {
  const { htmlOf } = await import("@/features/export/file");
  const keys = new Map(mission.tasks.map((task) => [task.id, task.key]));
  const titles = new Map(mission.tasks.map((task) => [task.id, task.title]));
  const begin = Date.parse(log.events[0]?.created_at ?? mission.created_at);
  const planner = names.people.find(({ role }) => role === "vp")?.fullName ?? "The VP";
  const html = htmlOf({
    title: mission.directive_text,
    facts:
      `${mission.status}, ${dateTime(mission.created_at)}, ${took(mission.seconds * 1000)}, ` +
      `${money(mission.spent_microusd)} of ${money(mission.limit_microusd)}` +
      (mission.rehearsal ? "; a rehearsal: nothing in it is real research" : ""),
    summary: mission.summary ?? mission.reason ?? "No answer yet.",
    by: mission.summary ? `${planner}, in their own words` : "",
    begin,
    end,
    lanes: scoreLayout(log.state, mission.id, keys, end).lanes.map(({ role, bars, marks }) => ({
      name: names.of(role),
      bars: bars.map(({ kind, x, width }) => ({ kind, x, width })),
      marks: marks.map(({ kind, x }) => ({ kind, x })),
    })),
    lines: log.events.filter(matters).map((event) => {
      const { shape, who, what, text } = describe(event, names.of, titles);
      return { seq: event.seq, at: Date.parse(event.created_at), shape, who, what, text };
    }),
  });
  download(`${mission.slug}.html`, html, "text/html");
}
