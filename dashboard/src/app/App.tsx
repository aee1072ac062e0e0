import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Routes } from "@/app/routes";
import { Shell } from "@/app/Shell";
import { Refused, type Now } from "@/lib/api/client";
import { setClock } from "@/lib/clock";
import { catchUp, readStart } from "@/lib/history";
import { refreshOnEvents } from "@/lib/refresh";
import { logIn } from "@/lib/session";
import { endPieces, takePiece } from "@/lib/live";
import { current, onEvents, setConnection, setDoing, take } from "@/lib/store";
import { share } from "@/lib/stream/share";

const RETRY = 2_000;
const client = new QueryClient({
  defaultOptions: {
    // the office may be on this machine: whether there is a network beyond it says nothing
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      staleTime: 5_000,
      retry: (failures, error) => failures < 3 && !(error instanceof Refused && error.status >= 400),
    },
  },
});

/** Hear of the log as long as the page is open. */
function useLog(): void {
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let stop: (() => void) | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    readStart()
      .then(() => {
        if (!gone) stop = followLog();
      })
      .catch(() => {
        setConnection("lost");
        if (!gone) again = setTimeout(() => setAttempt(attempt + 1), RETRY);
      });
    return () => {
      gone = true;
      clearTimeout(again);
      stop?.();
    };
  }, [attempt]);
}

function followLog(): () => void {
  const stop = refreshOnEvents(client);
  const ended = onEvents(endPieces);
  const leave = share({
    after: () => current().state.seq,
    catchUp: () => void catchUp().catch(() => undefined),
    onEvents: take,
    onNamed(name, data) {
      if (name === "hello") setClock((JSON.parse(data) as { at: string }).at);
      else if (name === "now") setDoing((JSON.parse(data) as Now).doing ?? []);
      else if (name === "live") takePiece(data);
    },
    onConnection(connection) {
      if (connection === "live" && current().connection === "lost") void client.invalidateQueries();
      setConnection(connection);
    },
    onLoggedOut: logIn,
  });
  return () => {
    leave();
    ended();
    stop();
  };
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
