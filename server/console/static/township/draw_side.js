// @ts-check
/** Beside the map: the cells, the chosen one's name, groups, worker, and its corners as numbers. */

import { choose, desk, nameOf, onChoice, part, plan, sketch, step, words } from "./draw_desk.js";
import { holds } from "./draw_tools.js";

onChoice(list);

function list() {
  const { cells, ended } = plan();
  const changed = new Set(cells.map((cell) => cell.code));
  const told = sketch.drawing.cells.map((cell) => {
    const mark = !cell.code ? words.new : changed.has(cell.code) ? words.changed : "";
    return row(nameOf(cell.key), cell.code, mark, cell.key);
  });
  const gone = ended.map((code) => {
    const had = sketch.base.cells.find((one) => one.code === code);
    return row(had?.name ?? "", code, words.ended, null);
  });
  part("cells").replaceChildren(...told, ...gone);
  fields();
}

/** @param {string} name @param {string | null} code @param {string} mark @param {string | null} key */
function row(name, code, mark, key) {
  const item = document.createElement("li");
  const label = document.createElement(key ? "button" : "span");
  label.textContent = code ? `${name} ${code.slice(12)}` : name;
  if (key && label instanceof HTMLButtonElement) {
    label.type = "button";
    label.className = "link";
    label.setAttribute("aria-pressed", String(key === desk.chosen));
    label.addEventListener("click", () => choose(key));
  }
  const small = document.createElement("small");
  small.textContent = ` ${[mark, key && key === desk.chosen ? words.chosen : ""].filter(Boolean).join(" · ")}`;
  item.append(label, small);
  return item;
}

function fields() {
  const cell = sketch.drawing.cells.find((one) => one.key === desk.chosen);
  part("cell").hidden = !cell;
  if (!cell) return;
  if (!cell.code) part("about").open = true; // a new cell wants a name and somebody
  part("name").value = cell.name;
  part("groups").value = cell.groups.join(",");
  part("workers").value = cell.workers?.[0] ?? "";
  const { corners } = holds(sketch.drawing, desk.chosen);
  const rim = [...new Set(cell.polygons.flatMap(([ring]) => ring))];
  part("corner").replaceChildren(...corners.map((one) => option(one.node)));
  part("across").replaceChildren(...rim.map(option));
  if (corners.some((one) => one.node === desk.held)) part("corner").value = String(desk.held);
  corner();
}

/** @param {number} node */
function option(node) {
  const at = sketch.drawing.nodes[node].map((degrees) => degrees.toFixed(6));
  return new Option(at.join(", "), String(node));
}

function corner() {
  const at = sketch.drawing.nodes[Number(part("corner").value || -1)];
  part("lon").value = at ? at[0].toFixed(7) : "";
  part("lat").value = at ? at[1].toFixed(7) : "";
}

/** A field of the chosen cell. @param {Partial<import("./topology.js").Cell>} about */
function amend(about) {
  const { nodes, cells } = sketch.drawing;
  step({ nodes, cells: cells.map((cell) => (cell.key === desk.chosen ? { ...cell, ...about } : cell)) });
}

part("corner").addEventListener("change", corner);
part("name").addEventListener("change", () => amend({ name: part("name").value.trim() }));
part("groups").addEventListener("change", () => {
  /** @type {number[]} */
  const found = part("groups").value.split(/[^0-9]+/).filter(Boolean).map(Number);
  amend({ groups: [...new Set(found)].sort((a, b) => a - b) });
});
part("workers").addEventListener("change", () => {
  const login = part("workers").value;
  amend({ workers: login ? [login] : null });
});
