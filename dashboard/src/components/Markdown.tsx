import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { createContext, useContext, useMemo, type ReactNode } from "react";
import { Link } from "wouter";
import styles from "./markdown.module.css";

const CITED = /\[(e\d{1,15})(?:, [^[\]\n]{1,80})?\]/g; // a mark in it is the text's word: what the ledger says is shown
const OUTSIDE = /^https?:\/\//i;
const PLUGINS = [remarkGfm];
const ENTRY = /^#(e\d{1,15})$/;

type Cite = (ref: string) => ReactNode;

const CiteContext = createContext<Cite | undefined>(undefined);

/** A citation. What it becomes may change while the text around it stays, so that it keeps the focus. */
function Cited({ entry }: { entry: string }) {
  const cite = useContext(CiteContext);
  return <>{cite ? cite(entry) : `[${entry}]`}</>;
}

function marked(text: string): ReactNode[] {
  return text.split(CITED).map((part, at) => (at % 2 === 0 ? part : <Cited key={at} entry={part} />));
}

function within(children: ReactNode): ReactNode {
  if (typeof children === "string") return marked(children);
  return Array.isArray(children)
    ? children.map((child: ReactNode, at) =>
        typeof child === "string" ? <span key={at}>{marked(child)}</span> : child,
      )
    : children;
}

const REPORT = /^([A-Za-z0-9][A-Za-z0-9_-]{0,79})\.md$/;

function components(reports: string | undefined): Components {
  return {
    h1: ({ children }) => <h2 className={styles.h1}>{within(children)}</h2>,
    h2: ({ children }) => <h3 className={styles.h2}>{within(children)}</h3>,
    h3: ({ children }) => <h4 className={styles.h3}>{within(children)}</h4>,
    h4: ({ children }) => <h5 className={styles.h3}>{within(children)}</h5>,
    p: ({ children }) => <p>{within(children)}</p>,
    li: ({ children }) => <li>{within(children)}</li>,
    td: ({ children }) => <td>{within(children)}</td>,
    th: ({ children }) => <th>{within(children)}</th>,
    strong: ({ children }) => <strong>{within(children)}</strong>,
    em: ({ children }) => <em>{within(children)}</em>,
    blockquote: ({ children }) => <blockquote>{within(children)}</blockquote>,
    a: ({ href, children }) => {
      const entry = ENTRY.exec(href ?? "")?.[1];
      const report = REPORT.exec(href ?? "")?.[1];
      if (report && reports) return <Link href={`${reports}/${report}`}>{children}</Link>;
      if (!entry) return <Outside href={href}>{children}</Outside>;
      const isCitation = typeof children === "string" && new RegExp(`^${entry}(, |$)`).test(children);
      return (
        <>
          {isCitation ? null : <>{children} </>}
          <Cited entry={entry} />
        </>
      );
    },
    // nothing is loaded from elsewhere: a picture is a link to it
    img: ({ src, alt }) => (
      <Outside href={typeof src === "string" ? src : undefined}>picture: {alt ?? "without words"}</Outside>
    ),
    input: ({ checked }) => <span>{checked ? "☑" : "☐"} </span>,
    table: ({ children }) => (
      <div className={styles.wide} tabIndex={0} role="group" aria-label="Table">
        <table>{children}</table>
      </div>
    ),
    pre: ({ children }) => (
      <pre className={styles.code} tabIndex={0}>
        {children}
      </pre>
    ),
  };
}

/** A link leads out only where it says so: it opens apart, and tells the other host nothing of this page. */
function Outside({ href, children }: { href: string | undefined; children: ReactNode }) {
  if (!href || !OUTSIDE.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener nofollow">
      {children}
      <span className="hidden"> (opens another site)</span>
    </a>
  );
}

/** Markdown of a person or an agent: its HTML is shown as text, never run. */
export default function Markdown({ text, cite, reports }: { text: string; cite?: Cite; reports?: string }) {
  const shown = useMemo(() => components(reports), [reports]);
  return (
    <div className={styles.text}>
      <CiteContext value={cite}>
        <ReactMarkdown remarkPlugins={PLUGINS} components={shown}>
          {text}
        </ReactMarkdown>
      </CiteContext>
    </div>
  );
}
