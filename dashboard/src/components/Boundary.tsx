import { Component, type ReactNode } from "react";
import styles from "./problem.module.css";

interface Props {
  title?: string;
  children: ReactNode;
}

/** Keeps what is broken, or could not be fetched, from taking the rest of the page along. */
export class Boundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <div className="page">
        {this.props.title && <h1>{this.props.title}</h1>}
        <p role="alert" className={styles.problem}>
          <span aria-hidden="true">✕</span> A part of the page could not be loaded: the office was not
          reached, or is a newer one than this page.
        </p>
        <button onClick={() => location.reload()}>Load the page again</button>
      </div>
    );
  }
}
