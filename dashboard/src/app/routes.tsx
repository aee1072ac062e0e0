import { lazy, Suspense, useEffect, type ComponentType } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import StagePage from "@/app/pages/StagePage";

const MissionsPage = lazy(() => import("@/app/pages/MissionsPage"));
const MissionPage = lazy(() => import("@/app/pages/MissionPage"));
const DeskPage = lazy(() => import("@/app/pages/DeskPage"));
const LibraryPage = lazy(() => import("@/app/pages/LibraryPage"));
const CodePage = lazy(() => import("@/app/pages/CodePage"));
const ReportPage = lazy(() => import("@/app/pages/ReportPage"));
const MoneyPage = lazy(() => import("@/app/pages/MoneyPage"));
const TeamPage = lazy(() => import("@/app/pages/TeamPage"));
const RulesPage = lazy(() => import("@/app/pages/RulesPage"));
const SystemPage = lazy(() => import("@/app/pages/SystemPage"));

const MemoryPage = lazy(() => import("@/app/pages/MemoryPage"));
const SearchPage = lazy(() => import("@/app/pages/SearchPage"));
const SourcePage = lazy(() => import("@/app/pages/SourcePage"));

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
  return (
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
  );
}
