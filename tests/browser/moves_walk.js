// Land is neither made nor lost: cells that tile have the area of their village between them, and
// every edge that is not on the rim is run both ways. A step that crosses edges is not taken: the
// check on the map tells of that.
async function walk(look) {
  const from = look.replace(/frame\/.*/, "township/");
  const load = name => import(from + name);
  const [{ area, drawingOf, edgesOf, inserted, moved, removed, rolesOf }, { slid }, { cut, joined }, { planOf }] =
    await Promise.all(["topology.js", "topology_slide.js", "topology_cut.js", "topology_plan.js"].map(load));
  let seed = 20260302;
  const chance = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const any = some => some[Math.floor(chance() * some.length)];
  const box = (code, w, s, e, n) => ({ code, name: code, groups: [],
    geometry: { type: "Polygon", coordinates: [[[w, s], [w, n], [e, n], [e, s], [w, s]]] } });
  const base = drawingOf([box("1", 0, 0, 5, 10), box("2", 5, 0, 10, 4), box("3", 5, 4, 10, 10)]);
  const land = drawing => drawing.cells.reduce((sum, cell) =>
    sum + cell.polygons.flat().reduce((own, ring) => own + area(ring, drawing.nodes), 0), 0);
  const rim = drawing => [...edgesOf(drawing).keys()].filter(edge => !edgesOf(drawing).has(edge.split(":").reverse().join(":")));
  const long = drawing => rim(drawing).reduce((sum, edge) => {
    const [a, b] = edge.split(":").map(node => drawing.nodes[node]);
    return sum + Math.hypot(a[0] - b[0], a[1] - b[1]);
  }, 0);
  const side = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
  const crossed = drawing => {
    const edges = [...edgesOf(drawing).keys()].map(edge => edge.split(":").map(Number)).filter(([a, b]) => a < b);
    return edges.some(([a, b], k) => edges.slice(k + 1).some(([c, d]) => {
      if ([a, b].some(node => node === c || node === d)) return false;
      const [p, q, r, s] = [a, b, c, d].map(node => drawing.nodes[node]);
      return side(p, q, r) !== side(p, q, s) && side(r, s, p) !== side(r, s, q);
    }));
  };
  const near = ([x, y]) => [x + (chance() - 0.5) / 4, y + (chance() - 0.5) / 4];
  const tools = {
    move: drawing => {
      const { roles } = rolesOf(drawing);
      const node = any([...roles.keys()].filter(one => roles.get(one) === "inner"));
      return node === undefined ? null : moved(drawing, node, near(drawing.nodes[node]));
    },
    slide: drawing => {
      const { roles } = rolesOf(drawing);
      const node = any([...roles.keys()].filter(one => roles.get(one) === "end"));
      return node === undefined ? null : slid(drawing, node, [chance() * 14 - 2, chance() * 14 - 2]);
    },
    insert: drawing => {
      const edges = edgesOf(drawing);
      const edge = any([...edges.keys()].filter(one => edges.has(one.split(":").reverse().join(":"))));
      if (!edge) return null;
      const [a, b] = edge.split(":").map(Number);
      const [p, q] = [drawing.nodes[a], drawing.nodes[b]];
      return inserted(drawing, a, b, near([(p[0] + q[0]) / 2, (p[1] + q[1]) / 2])).drawing;
    },
    remove: drawing => removed(drawing, any([...rolesOf(drawing).roles.keys()])),
    cut: drawing => {
      const cell = any(drawing.cells);
      const ring = cell.polygons[0]?.[0] ?? [];
      return drawing.cells.length > 6 ? null : cut(drawing, cell.key, any(ring), [], any(ring))?.drawing;
    },
    join: drawing => joined(drawing, any(drawing.cells).key, any(drawing.cells).key),
  };
  const done = Object.fromEntries(Object.keys(tools).map(name => [name, 0]));
  const wrong = [];
  let drawing = base;
  for (let k = 0; k < 600 && !wrong.length; k++) {
    const name = any(Object.keys(tools));
    const after = tools[name](drawing);
    if (!after || crossed(after)) continue;
    done[name]++;
    const all = after.cells.flatMap(cell => cell.polygons.flat()).flatMap(ring => ring.map((one, n) => `${one}:${ring[(n + 1) % ring.length]}`));
    if (Math.abs(land(after) - land(base)) > 1e-6) wrong.push([k, name, "land", land(after)]);
    if (Math.abs(long(after) - 40) > 1e-6) wrong.push([k, name, "rim", long(after)]);
    if (new Set(all).size !== all.length) wrong.push([k, name, "an edge twice"]);
    drawing = after.cells.length < 2 ? base : after;
  }
  if (planOf(base, base).cells.length) wrong.push(["nothing was drawn, yet something is to be redrawn"]);
  return { done, wrong };
}
