/** What an exported file does by itself: it draws the score and plays the log back. */

export interface Exported {
  title: string;
  facts: string;
  summary: string;
  by: string;
  begin: number;
  end: number;
  lanes: {
    name: string;
    bars: { kind: string; x: number; width: number }[];
    marks: { kind: string; x: number }[];
  }[];
  lines: { seq: number; at: number; shape: string; who: string; what: string; text: string }[];
}

/** Self-contained: its text is put into the file, so it may use nothing from outside of itself. Text stays text. */
export function player(page: Document, data: Exported): void {
  const svg = "http://www.w3.org/2000/svg";
  const find = (id: string) => page.getElementById(id) as HTMLElement;
  const make = (tag: string, text: string, className = "") => {
    const element = page.createElement(tag);
    element.textContent = text;
    element.className = className;
    return element;
  };
  const draw = (parent: Element, tag: string, attributes: Record<string, string | number>) => {
    const element = page.createElementNS(svg, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    return parent.appendChild(element);
  };
  const clock = (milliseconds: number) => {
    const all = Math.floor(milliseconds / 1000);
    return `${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")}`;
  };

  page.title = data.title;
  find("title").textContent = data.title;
  find("facts").textContent = data.facts;
  find("summary").textContent = data.summary;
  find("by").textContent = data.by;
  const score = find("score");
  data.lanes.forEach((lane, at) => {
    find("names").append(make("span", lane.name));
    for (const { kind, x, width } of lane.bars) {
      draw(score, "rect", { x: `${x}%`, width: `${width}%`, y: at * 36 + 12, height: 14, class: kind });
    }
    for (const { kind, x } of lane.marks) {
      draw(score, "circle", { cx: `${x}%`, cy: at * 36 + 5, r: 3, class: kind });
    }
  });
  score.setAttribute("height", String(Math.max(1, data.lanes.length) * 36));
  const head = draw(score, "line", { y1: 0, y2: data.lanes.length * 36, class: "head" });

  const list = find("lines");
  const rows = data.lines.map(({ seq, at, shape, who, what, text }) => {
    const row = page.createElement("li");
    row.append(make("span", clock(at - data.begin), "mono"), make("span", `${shape} ${who}`, "who"));
    row.append(make("span", what, "what"), make("span", text, "text"), make("span", `e${seq}`, "mono"));
    return list.appendChild(row);
  });
  const scrub = find("scrub") as HTMLInputElement;
  const speed = find("speed") as HTMLSelectElement;
  const whole = Math.max(1, data.end - data.begin);
  let place = whole;
  let timer: ReturnType<typeof setInterval> | undefined;
  const show = () => {
    scrub.value = String(place);
    find("clock").textContent = `${clock(place)} / ${clock(whole)}`;
    rows.forEach((row, at) => (row.hidden = (data.lines[at]?.at ?? 0) - data.begin > place));
    const x = `${(place / whole) * 100}%`;
    head.setAttribute("x1", x);
    head.setAttribute("x2", x);
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    find("play").textContent = "Play";
  };
  const go = (to: number) => {
    place = Math.min(whole, Math.max(0, to));
    if (place >= whole) stop();
    show();
  };
  const times = data.lines.map((line) => line.at - data.begin);
  scrub.max = String(whole);
  scrub.addEventListener("input", () => go(Number(scrub.value)));
  find("back").addEventListener("click", () => go(times.findLast((time) => time < place) ?? 0));
  find("on").addEventListener("click", () => go(times.find((time) => time > place) ?? whole));
  find("play").addEventListener("click", () => {
    if (timer !== undefined) return stop();
    if (place >= whole) place = 0;
    find("play").textContent = "Pause";
    let last = performance.now();
    timer = setInterval(() => {
      const now = performance.now();
      const passed = now - last;
      last = now;
      go(place + passed * Number(speed.value));
    }, 50);
  });
  show();
}
