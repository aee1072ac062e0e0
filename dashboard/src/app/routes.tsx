import { Suspense, useEffect, type ComponentType } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import StagePage from "@/app/pages/StagePage";
import { Boundary } from "@/components/Boundary";
import { lazily } from "@/lib/lazily";

const MissionsPage = lazily(() => import("@/app/pages/MissionsPage"));
const MissionPage = lazily(() => import("@/app/pages/MissionPage"));
const DeskPage = lazily(() => import("@/app/pages/DeskPage"));
const LibraryPage = lazily(() => import("@/app/pages/LibraryPage"));
const CodePage = lazily(() => import("@/app/pages/CodePage"));
const ReportPage = lazily(() => import("@/app/pages/ReportPage"));
const MoneyPage = lazily(() => import("@/app/pages/MoneyPage"));
const TeamPage = lazily(() => import("@/app/pages/TeamPage"));
const RulesPage = lazily(() => import("@/app/pages/RulesPage"));
const SystemPage = lazily(() => import("@/app/pages/SystemPage"));

const MemoryPage = lazily(() => import("@/app/pages/MemoryPage"));
const SearchPage = lazily(() => import("@/app/pages/SearchPage"));
const SourcePage = lazily(() => import("@/app/pages/SourcePage"));

const ROUTES: [path: string, page: ComponentType][] = [
  ["/stage", StagePage],
  ["/missions", MissionsPage],
  ["/missions/:slug", MissionPage],
  ["/desk", DeskPage],
  ["/library", LibraryPage],
  ["/library/code/:repository", CodePage],
  ["/reports/:mission/:name", ReportPage],
  ["/sources/:id", SourcePage],
  ["/memory", MemoryPage],
  ["/search", SearchPage],
  ["/money", MoneyPage],
  ["/team", TeamPage],
  ["/rules", RulesPage],
  ["/system", SystemPage],
];

function Missing() {
  return (
    <div className="page">
      <h1>There is no such page</h1>
      <p>The navigation above has all there are.</p>
    </div>
  );
}

/** Where a page begins: at its top. */
function useTop(): void {
  const [path] = useLocation();
  useEffect(() => {
    if (!location.hash) window.scrollTo(0, 0);
  }, [path]);
}

export function Routes() {
  useTop();
  const [path] = useLocation();
  return (
    <Boundary key={path} title="This page did not come">
      <Suspense fallback={<p className="small">Loading …</p>}>
        <Switch>
          <Route path="/">
            <Redirect to="/stage" replace />
          </Route>
          {ROUTES.map(([path, page]) => (
            <Route key={path} path={path} component={page} />
          ))}
          <Route component={Missing} />
        </Switch>
      </Suspense>
    </Boundary>
  );
}
