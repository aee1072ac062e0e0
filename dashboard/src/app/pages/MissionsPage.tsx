import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import { missionList } from "@/lib/api/queries";
import { Pending, Problem } from "@/components/Problem";
import { Choice } from "@/features/missions/Choice";
import { CHOICES, choiceOf } from "@/features/missions/choices";
import { MissionList } from "@/features/missions/MissionList";

export default function MissionsPage() {
  const [params, setParams] = useSearchParams();
  const chosen = choiceOf(params.get("show"));
  const words = params.get("q") ?? "";
  const asked = useInfiniteQuery(missionList(CHOICES[chosen].statuses, words));
  const narrowed = chosen !== "all" || words !== "";
  return (
    <div className="page">
      <h1>Missions</h1>
      <Choice
        chosen={chosen}
        words={words}
        onChoose={(choice, q) =>
          setParams({ ...(choice === "all" ? {} : { show: choice }), ...(q ? { q } : {}) })
        }
      />
      {asked.data ? (
        <>
          <MissionList
            missions={asked.data.pages.flatMap((page) => page.items)}
            none={narrowed ? "No mission is like that." : "Nothing yet. Give the first directive."}
          />
          <Problem error={asked.error} />
          {asked.hasNextPage && (
            <button disabled={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>
              Earlier missions
            </button>
          )}
        </>
      ) : (
        <Pending error={asked.error} />
      )}
    </div>
  );
}
