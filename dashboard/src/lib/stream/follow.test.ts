import { expect, test, vi } from "vitest";
import { event } from "@/testing/events";
import { follow } from "./follow";

function sent(...seqs: number[]): Uint8Array {
  const lines = seqs.map((seq) => `id: ${seq}\ndata: ${JSON.stringify(event(seq, "turn", {}, "t1"))}\n\n`);
  return new TextEncoder().encode(lines.join(""));
}

test("what comes after a pause is handed on at once, and what comes within a moment together", async () => {
  vi.useFakeTimers();
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body)));
  const came: number[][] = [];
  const leaving = new AbortController();
  const none = () => undefined;
  const follower = { after: () => 0, onNamed: none, onConnection: none, onLoggedOut: none };
  const onEvents = (events: { seq: number }[]) => void came.push(events.map(({ seq }) => seq));
  void follow({ ...follower, onEvents }, leaving.signal);
  const arrives = async (...seqs: number[]) => {
    stream?.enqueue(sent(...seqs));
    await vi.advanceTimersByTimeAsync(1);
  };
  await arrives(1, 2);
  expect(came).toEqual([[1, 2]]);
  await arrives(3);
  await arrives(4);
  expect(came).toEqual([[1, 2]]);
  await vi.advanceTimersByTimeAsync(40);
  expect(came).toEqual([
    [1, 2],
    [3, 4],
  ]);
  await vi.advanceTimersByTimeAsync(40);
  await arrives(5);
  expect(came.at(-1)).toEqual([5]);
  leaving.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
