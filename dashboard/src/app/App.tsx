import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect } from "react";
import { Routes } from "@/app/routes";
import { Shell } from "@/app/Shell";
import { Refused } from "@/lib/api/client";
import { refreshOnEvents } from "@/lib/refresh";
import { logIn } from "@/lib/session";
import { current, setConnection, take } from "@/lib/store";
import { share } from "@/lib/stream/share";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 3 && !(error instanceof Refused && error.status >= 400),
    },
  },
});

/** Hear of the log as long as the page is open. */
function useLog(): void {
  useEffect(() => {
    const stop = refreshOnEvents(client);
    const leave = share({
      after: () => current().state.seq,
      kept: (after) => current().events.filter((event) => event.seq > after),
      onEvents: take,
      onNamed: () => undefined,
      onConnection(connection) {
        if (connection === "live" && current().connection === "lost") void client.invalidateQueries();
        setConnection(connection);
      },
      onLoggedOut: logIn,
    });
    return () => {
      leave();
      stop();
    };
  }, []);
}

export function App() {
  useLog();
  return (
    <QueryClientProvider client={client}>
      <Shell>
        <Routes />
      </Shell>
    </QueryClientProvider>
  );
}
