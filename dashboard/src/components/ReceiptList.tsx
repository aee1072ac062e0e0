import type { Receipt } from "@/lib/api/client";
import styles from "./receipts.module.css";

/** What the program checked, and what it found: evidence, so in its own letters. */
export function ReceiptList({ receipts }: { receipts: readonly Receipt[] }) {
  if (receipts.length === 0) return null;
  return (
    <ul className={styles.receipts}>
      {receipts.map((receipt, at) => (
        <li key={at} className="mono">
          <span className={receipt.ok ? "tone-holds" : "tone-failed"}>
            {receipt.ok ? "▣" : "▢"}
            <span className="hidden">{receipt.ok ? " holds: " : " missing: "}</span>
          </span>{" "}
          {receipt.text}
          {receipt.standing === false && <span className="small"> (checked again later)</span>}
        </li>
      ))}
    </ul>
  );
}
