import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { search } from "@/lib/api/queries";
import { Pending } from "@/components/Problem";
import { Hits } from "@/features/search/Hits";
import styles from "@/features/search/search.module.css";

export default function SearchPage() {
  const [params, setParams] = useSearchParams();
  const words = params.get("q") ?? "";
  return <Search key={words} words={words} onSearch={(q) => setParams(q.trim() ? { q: q.trim() } : {})} />;
}

function Search({ words, onSearch }: { words: string; onSearch: (words: string) => void }) {
  const [typed, setTyped] = useState(words);
  const asked = useQuery({ ...search(words), enabled: words !== "" });
  return (
    <div className="page">
      <h1>Search</h1>
      <form
        role="search"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onSearch(typed);
        }}
      >
        <input
          id="search-words"
          type="search"
          aria-label="All of these words"
          placeholder="Missions, tasks, entries, reports, pages, code, memories"
          maxLength={1000}
          autoFocus
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <button className="primary">Search</button>
      </form>
      {words !== "" &&
        (asked.data ? (
          <Hits hits={asked.data.items} words={asked.data.words} />
        ) : (
          <Pending error={asked.error} />
        ))}
    </div>
  );
}
