/** Each status as a shape and a word: nothing is told by colour alone. */
export interface StatusLook {
  shape: string;
  word: string;
  tone: "live" | "holds" | "you" | "failed" | "quiet";
}

const LOOKS: Record<string, StatusLook> = {
  waiting: { shape: "○", word: "waits for others", tone: "quiet" },
  stopped: { shape: "○", word: "stopped", tone: "quiet" },
  queued: { shape: "◌", word: "queued", tone: "quiet" },
  claimed: { shape: "◐", word: "at work", tone: "live" },
  working: { shape: "◐", word: "at work", tone: "live" },
  planning: { shape: "◐", word: "planning", tone: "live" },
  quoted: { shape: "◆", word: "waits for your signature", tone: "you" },
  running: { shape: "◐", word: "running", tone: "live" },
  synthesizing: { shape: "◐", word: "summing up", tone: "live" },
  model: { shape: "◐", word: "waits for the model", tone: "live" },
  tool: { shape: "▶", word: "a tool runs", tone: "live" },
  between: { shape: "◐", word: "at work", tone: "live" },
  checking: { shape: "◫", word: "being checked", tone: "live" },
  parked: { shape: "◇", word: "parked", tone: "quiet" },
  you: { shape: "◆", word: "needs you", tone: "you" },
  completed: { shape: "●", word: "completed", tone: "holds" },
  succeeded: { shape: "●", word: "succeeded", tone: "holds" },
  failed: { shape: "✕", word: "failed", tone: "failed" },
  cancelled: { shape: "⊘", word: "cancelled", tone: "quiet" },
  idle: { shape: "–", word: "idle", tone: "quiet" },
  away: { shape: "┄", word: "away", tone: "quiet" },
};

export function look(status: string): StatusLook {
  return LOOKS[status] ?? { shape: "·", word: status, tone: "quiet" };
}
