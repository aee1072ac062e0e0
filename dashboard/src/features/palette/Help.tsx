import { useLayoutEffect, useRef } from "react";
import { choose, useChoice } from "@/lib/choices";
import styles from "./palette.module.css";

const KEYS: [where: string, keys: string[], what: string][] = [
  ["everywhere", ["Ctrl K", "⌘ K"], "go to, or do, by name"],
  ["", ["g"], "then s m i l e $ t r y: Stage, Missions, Desk, Library, Memory, Money, Team, Rules, System"],
  ["", ["c"], "write a directive"],
  ["", ["/"], "search"],
  ["", ["?"], "this help"],
  ["Stage", ["f"], "choose whose events are shown"],
  ["", ["o"], "the office, or only the table"],
  ["Desk", ["j", "k"], "next, previous request"],
  ["", ["a", "d", "r"], "approve, deny, answer; then Enter"],
  ["mission", ["Space"], "play, pause"],
  ["", ["←", "→"], "an event back, on"],
  ["", ["⇧ ←", "⇧ →"], "a change of a task back, on"],
  ["", ["[", "]"], "slower, faster"],
  ["", ["L"], "to the end, and live"],
  ["report", ["e"], "open the next citation"],
  ["a field", ["Ctrl ⏎", "⌘ ⏎"], "send"],
  ["", ["Esc"], "leave it"],
];

/** Which keys there are; those of single letters can be switched off. */
export default function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const letters = useChoice("letters") ?? true;
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className={styles.help} aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keys</h2>
      <table>
        <thead className="hidden">
          <tr>
            <th>Where</th>
            <th>Keys</th>
            <th>What they do</th>
          </tr>
        </thead>
        <tbody>
          {KEYS.map(([where, keys, what]) => (
            <tr key={what}>
              <td className="small">{where}</td>
              <td>
                {keys.map((key) => (
                  <span key={key}>
                    <kbd>{key}</kbd>{" "}
                  </span>
                ))}
              </td>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.letters}>
        <label>
          <input
            type="checkbox"
            checked={letters}
            onChange={(event) => choose("letters", event.target.checked)}
          />{" "}
          single letters are keys
        </label>
      </p>
      <button className="primary" onClick={onClose}>
        Close
      </button>
    </dialog>
  );
}
