/** What the pages ask for, each under the key by which it is renewed when the log says that it changed. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask, type MissionStatus } from "@/lib/api/client";

const PLANNER = "vp"; // who plans comes first
const SLOW = 60_000; // without a sign in the log, look again after so long

export const health = queryOptions({
  queryKey: ["health"],
  queryFn: () => ask(api.GET("/api/health")),
  refetchInterval: 15_000,
});

export const missions = queryOptions({
  queryKey: ["missions"],
  queryFn: () => ask(api.GET("/api/missions", { params: { query: { limit: 100 } } })),
  refetchInterval: SLOW,
});

export const mission = (name: string) =>
  queryOptions({
    queryKey: ["mission", name],
    queryFn: () => ask(api.GET("/api/missions/{name}", { params: { path: { name } } })),
    refetchInterval: SLOW,
  });

export const turns = (id: string) =>
  queryOptions({
    queryKey: ["turns", id],
    queryFn: () => ask(api.GET("/api/tasks/{id}/turns", { params: { path: { id } } })),
  });

export const desk = queryOptions({
  queryKey: ["desk"],
  queryFn: () => ask(api.GET("/api/desk", { params: { query: { limit: 100 } } })),
  refetchInterval: SLOW,
});

export const decided = queryOptions({
  queryKey: ["desk", "decided"],
  queryFn: () => ask(api.GET("/api/desk", { params: { query: { status: "decided", limit: 100 } } })),
});

export const staff = queryOptions({
  queryKey: ["staff"],
  queryFn: async () => {
    const { items } = await ask(api.GET("/api/staff"));
    return items.toSorted((one, other) => Number(other.role === PLANNER) - Number(one.role === PLANNER));
  },
  refetchInterval: 5_000,
});

export const sessions = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => ask(api.GET("/api/sessions", { params: { query: { limit: 100 } } })),
  refetchInterval: SLOW,
});

export const budget = queryOptions({
  queryKey: ["budget"],
  queryFn: () => ask(api.GET("/api/budget")),
  refetchInterval: SLOW,
});

export const reports = queryOptions({
  queryKey: ["reports"],
  queryFn: () => ask(api.GET("/api/reports", { params: { query: { limit: 100 } } })),
});

export const report = (mission: string, name: string) =>
  queryOptions({
    queryKey: ["report", mission, name],
    queryFn: () => ask(api.GET("/api/reports/{mission}/{name}", { params: { path: { mission, name } } })),
  });

export const repositories = queryOptions({
  queryKey: ["repositories"],
  queryFn: () => ask(api.GET("/api/repositories")),
});

export const repository = (name: string) =>
  queryOptions({
    queryKey: ["repositories", name],
    queryFn: () => ask(api.GET("/api/repositories/{name}", { params: { path: { name } } })),
  });

const FIRST: string | undefined = undefined;
const left = ({ next }: { next?: string | null }) => next ?? undefined;

export const missionList = (status: readonly MissionStatus[], q: string) =>
  infiniteQueryOptions({
    queryKey: ["missions", status, q],
    queryFn: ({ pageParam: after }) =>
      ask(
        api.GET("/api/missions", {
          params: {
            query: {
              limit: 100,
              ...(status.length > 0 ? { status: [...status] } : {}),
              ...(q ? { q } : {}),
              ...(after ? { after } : {}),
            },
          },
        }),
      ),
    initialPageParam: FIRST,
    getNextPageParam: left,
    refetchInterval: SLOW,
  });

export const commits = (name: string) =>
  infiniteQueryOptions({
    queryKey: ["repositories", name, "commits"],
    queryFn: ({ pageParam: after }) =>
      ask(
        api.GET("/api/repositories/{name}/commits", {
          params: { path: { name }, query: { limit: 30, ...(after ? { after } : {}) } },
        }),
      ),
    initialPageParam: FIRST,
    getNextPageParam: left,
  });

export const tree = (name: string, sha: string | undefined, path: string) =>
  infiniteQueryOptions({
    queryKey: ["repositories", name, "tree", sha, path],
    queryFn: ({ pageParam: after }) =>
      ask(
        api.GET("/api/repositories/{name}/tree", {
          params: {
            path: { name },
            query: { path, limit: 200, ...(sha ? { sha } : {}), ...(after ? { after } : {}) },
          },
        }),
      ),
    initialPageParam: FIRST,
    getNextPageParam: left,
  });

export const codeFile = (name: string, sha: string | undefined, path: string) =>
  queryOptions({
    queryKey: ["repositories", name, "file", sha, path],
    queryFn: () =>
      ask(
        api.GET("/api/repositories/{name}/file", {
          params: { path: { name }, query: { path, ...(sha ? { sha } : {}) } },
        }),
      ),
  });

export const source = (id: string, mission: string) =>
  queryOptions({
    queryKey: ["source", id, mission],
    queryFn: () => ask(api.GET("/api/sources/{id}", { params: { path: { id }, query: { mission } } })),
  });

export const policies = queryOptions({
  queryKey: ["policies"],
  queryFn: () => ask(api.GET("/api/policies")),
});

export const policy = (key: string) =>
  queryOptions({
    queryKey: ["policies", key],
    queryFn: () => ask(api.GET("/api/policies/{key}", { params: { path: { key } } })),
  });

export const search = (q: string) =>
  queryOptions({
    queryKey: ["search", q],
    queryFn: () => ask(api.GET("/api/search", { params: { query: { q, limit: 100 } } })),
  });

export const page = (id: string) =>
  queryOptions({
    queryKey: ["page", id],
    queryFn: () => ask(api.GET("/api/sources/{id}", { params: { path: { id } } })),
  });

export const memories = queryOptions({
  queryKey: ["memories"],
  queryFn: () => ask(api.GET("/api/memories", { params: { query: { limit: 200 } } })),
});

export const memory = (id: string) =>
  queryOptions({
    queryKey: ["memories", id],
    queryFn: () => ask(api.GET("/api/memories/{id}", { params: { path: { id } } })),
  });

export const moneySeries = (by: "hour" | "day") =>
  queryOptions({
    queryKey: ["budget", "series", by],
    queryFn: () => ask(api.GET("/api/money/series", { params: { query: { by, of: "agent" } } })),
    refetchInterval: SLOW,
  });

export const moneyCalls = queryOptions({
  queryKey: ["budget", "calls"],
  queryFn: () => ask(api.GET("/api/money/calls", { params: { query: { limit: 50 } } })),
});

export const playbooks = queryOptions({
  queryKey: ["playbooks"],
  queryFn: () => ask(api.GET("/api/playbooks")),
  staleTime: SLOW,
});
