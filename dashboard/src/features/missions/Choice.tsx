import { CHOICES, type Choice as Chosen } from "./choices";
import styles from "./missions.module.css";

interface Props {
  chosen: Chosen;
  words: string;
  onChoose: (choice: Chosen, words: string) => void;
}

/** Which missions are listed: by how they stand, and by what their directives contain. */
export function Choice({ chosen, words, onChoose }: Props) {
  return (
    <form
      role="search"
      className={styles.choice}
      onSubmit={(event) => {
        event.preventDefault();
        onChoose(chosen, String(new FormData(event.currentTarget).get("q")).trim());
      }}
    >
      <select
        aria-label="How they stand"
        value={chosen}
        onChange={(event) => onChoose(event.target.value as Chosen, words)}
      >
        {Object.entries(CHOICES).map(([name, { word }]) => (
          <option key={name} value={name}>
            {word}
          </option>
        ))}
      </select>
      <input
        key={words}
        name="q"
        type="search"
        aria-label="What their directives contain"
        placeholder="What their directives contain"
        maxLength={200}
        defaultValue={words}
      />
      <button>Find</button>
    </form>
  );
}
