"""The style and the script of a report."""

from __future__ import annotations

__all__ = ["SCRIPT", "STYLE"]

STYLE = """
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5b6875; --paper: #ffffff;
  --card: #f5f7f9; --line: #d5dce3; --accent: #0b63c5; --band: #0b63c522; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5ebf1; --soft: #9fadba; --paper: #12181f;
  --card: #1b232c; --line: #35414d; --accent: #6db3ff; --band: #6db3ff2e; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1rem; font-weight: 600; color: var(--soft); margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 40px 0 12px; }
h3 { font-size: 1rem; margin: 20px 0 8px; }
figure h3 { margin-top: 0; }
.rate { font-size: clamp(2.4rem, 9vw, 4rem); font-weight: 700; line-height: 1.15; margin: 0;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.rate small { display: block; font-size: 1rem; font-weight: 400; color: var(--soft); }
.evidence { font-size: 1.1rem; max-width: 46em; margin: 8px 0 20px; overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 0; }
.facts div { min-width: 0; }
.facts dt { color: var(--soft); font-size: .85rem; }
.facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.charts { display: grid; gap: 16px; grid-template-columns: 
  repeat(auto-fit, minmax(min(100%, 440px), 1fr)); }
figure { margin: 0; padding: 12px; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; min-width: 0; max-width: 640px; }
figcaption { font-size: .85rem; color: var(--soft); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12.5px; }
svg .name { fill: var(--ink); }
svg .axis { stroke: var(--soft); fill: none; }
svg .grid { stroke: var(--line); }
svg .band { fill: var(--band); }
svg .dot { fill: var(--card); stroke: var(--accent); stroke-width: 2; }
svg .dot.kept { fill: var(--accent); }
svg .ring { fill: none; stroke: var(--ink); stroke-width: 2; }
svg .sign { fill: var(--accent); font-size: 17px; font-weight: 700; }
svg .sign.diverged { fill: var(--bad); }
svg .line { fill: none; stroke-width: 1.5; }
svg .line[data-kind=best] { stroke: var(--ink); stroke-width: 3.5; }
svg .line[data-kind=turn0] { stroke: var(--accent); }
svg .line[data-kind=turn1] { stroke: #d0740a; }
.ramp { display: inline-block; width: 5em; height: .7em; border-radius: 3px;
  background: linear-gradient(90deg, hsl(225 75% 52%), hsl(160 75% 52%),
    hsl(90 75% 52%), hsl(15 75% 52%)); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: 6px 12px; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
tr:last-child > * { border-bottom: 0; }
thead th { background: var(--card); padding: 0; }
th button { all: unset; cursor: pointer; padding: 8px 12px; font-weight: 600; display: block;
  width: 100%; box-sizing: border-box; }
th button:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
th button::after { content: " \\2195"; color: var(--line); }
th[aria-sort=ascending] button::after { content: " \\2191"; color: var(--accent); }
th[aria-sort=descending] button::after { content: " \\2193"; color: var(--accent); }
.text, table.pairs th { text-align: left; }
tr.best td { font-weight: 700; }
table.pairs th { font-weight: 400; color: var(--soft); vertical-align: top; width: 1%; }
table.pairs td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.note { color: var(--soft); font-size: .9rem; }
@media print { figure { break-inside: avoid; } }
"""

SCRIPT = """
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    const key = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const order = head.dataset.kind === "text" ? x.localeCompare(y) : Number(x) - Number(y);
      return up ? order : -order;
    };
    table.tBodies[0].append(...Array.from(table.tBodies[0].rows).sort(compare));
    for (const other of heads) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
  }));
}
"""
