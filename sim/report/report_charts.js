// SPDX-License-Identifier: Apache-2.0
// Where the cycles go, when, and what memory and array allow.

// ---- Cycles

// A tensor goes by the operator that gives it.
const givers = new Map(R.layers.map((l) => [l.output, l.name]));
const tensorName = (number) => givers.get(number) || R.tensors[number].name;
// Room for names of layers beside a chart, and names that fit it.
const nameRoom = () => Math.min(broad() ? 168 : 100, 16 + 7 * Math.max(6, ...R.layers.map((l, i) => l.name.length + 1 + String(i + 1).length)));
const fitting = (number, name) => `${number + 1} ${cut(name, Math.floor((nameRoom() - 10) / 7) - 1 - String(number + 1).length)}`;
const inner = () => paper ? 640 : Math.max(300, Math.min(960, document.getElementById('main').clientWidth - (broad() ? 34 : 26)));

function stacked(stats, x, y, width, height, most) {
  let at = x;
  return spent(stats).filter(([, n]) => n > 0).map(([cause, n]) => {
    const w = width * n / most, left = at;
    at += w;
    return s('rect', {x: left.toFixed(2), y, width: Math.max(w, 0.01).toFixed(2), height, fill: `var(--${cause})`},
      title(`${CAUSES[cause][0]}: ${whole(perImage(n))} cycles an image, ${percent(n / stats.cycles)}`));
  });
}
const timed = R.layers.map((l, i) => ({...l, i})).filter((l) => l.cycles > 0);
function causes() {
  if (!hasCycles) return null;
  const width = inner(), left = nameRoom(), right = broad() ? 150 : 74, row = 21;
  const most = Math.max(...timed.map((l) => l.cycles)), bar = width - left - right;
  const rows = timed.map((l, k) => {
    const y = k * row;
    return s('g', {}, link(l.i, s('text', {x: left - 8, y: y + 14, 'text-anchor': 'end'}, title(l.name), fitting(l.i, l.name))),
      stacked(l, left, y + 3, bar, 14, most),
      s('text', {class: 'dim', x: left + bar * l.cycles / most + 6, y: y + 14},
        broad() && l.macs ? `${whole(perImage(l.cycles))}, ${percent(l.utilisation, 1)}` : whole(perImage(l.cycles))));
  });
  return h('section', {id: 'cycles'}, h('h2', {}, 'Where the cycles go'),
    h('p', {class: 'note'}, 'Cycles of an image', broad() ? ', and the share of all multipliers that works' : '', '. What runs in another operator\u2019s pass takes no cycles of its own.'),
    h('figure', {}, chart(width, timed.length * row + 4, 'cycles of each layer by cause', rows)),
    legend(spent(R).filter(([, n]) => n > 0).map(([c]) => [c, `${CAUSES[c][0]}: ${CAUSES[c][1]}`])));
}

// ---- Time

function ticks(most, count) {
  const raw = most / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((v) => v >= raw);
  return Array.from({length: Math.floor(most / step) + 1}, (_, i) => i * step);
}
function timeAxis(x0, width, y0, y1, cycles) {
  const x = (t) => x0 + width * t / cycles;
  return ticks(cycles, width / 90).map((t) => s('g', {}, s('path', {class: 'axis', d: `M${x(t).toFixed(1)} ${y0}V${y1}`}),
    s('text', {class: 'dim', x: x(t).toFixed(1), y: y1 + 15, 'text-anchor': t > 0.95 * cycles ? 'end' : 'middle'}, short(t))));
}
function gantt(segment) {
  const width = inner(), left = nameRoom(), span = width - left - 8, row = 22, top = 62, n = segment.layers.length;
  const x = (t) => (left + span * t / segment.cycles).toFixed(2);
  const block = (list, y, height, colour, what) => list.map(([from, to]) => s('rect', {x: x(from), y, height, fill: `var(--${colour})`,
    width: Math.max(span * (to - from) / segment.cycles, 0.6).toFixed(2)}, title(`${what}: cycles ${whole(from)} to ${whole(to)}`)));
  const busy = [['read', 'reads', 'lines'], ['array', 'array', 'mac'], ['write', 'writes', 'write']].map(([key, name, colour], k) => {
    const y = 4 + 18 * k, part = span / segment.busy[key].length;
    const d = segment.busy[key].map((b, i) => `H${(left + part * i).toFixed(1)}V${(y + 14 - 14 * b).toFixed(1)}H${(left + part * (i + 1)).toFixed(1)}`).join('');
    return s('g', {}, s('text', {class: 'dim', x: left - 8, y: y + 11, 'text-anchor': 'end'}, name),
      s('path', {fill: `var(--${colour})`, d: `M${left} ${y + 14}${d}V${y + 14}z`}, title(`${name}: how busy`)));
  });
  const layers = segment.layers.map((l, k) => {
    const y = top + row * k;
    return s('g', {}, link(l.node, s('text', {x: left - 8, y: y + 14, 'text-anchor': 'end'}, title(l.name), fitting(l.node, l.name))),
      segment.jobs.filter((j) => j.layer === k).map((j, number) => s('g', {},
        block(j.weights, y + 2, 5, 'read2', `${l.name}, job ${number}, weights and parameters`),
        block(j.lines, y + 2, 5, 'read', `${l.name}, job ${number}, lines`),
        block(j.array, y + 8, 5, 'mac', `${l.name}, job ${number}, array`),
        block(j.writes, y + 14, 5, 'write', `${l.name}, job ${number}, writes`))));
  });
  const bottom = top + row * n + 2;
  const stripes = segment.layers.map((_, k) => k % 2 ? '' : s('rect', {x: 0, y: top + row * k, width, height: row, fill: 'var(--group)', 'fill-opacity': 0.45}));
  return h('figure', {}, chart(width, bottom + 20, `reads, array and writes of ${n} layers over ${whole(segment.cycles)} cycles`,
    stripes, timeAxis(left, span, 2, bottom, segment.cycles), busy, layers));
}
function memoryMap(segment) {
  const m = segment.memory, width = inner(), left = Math.max(nameRoom(), 66), span = width - left - 8, height = Math.min(250, 60 + 24 * m.tensors.length);
  const size = Math.max(m.window_bytes - m.image_bytes, 1);
  const x = (t) => left + span * t / m.cycles, y = (b) => 4 + height * (b - m.image_bytes) / size;
  const boxes = m.tensors.map((t, k) => {
    const name = tensorName(t.tensor), w = x(t.to) - x(t.from), tall = y(t.offset + t.bytes) - y(t.offset);
    return s('g', {}, title(`${name}: ${bytes(t.bytes)} at ${t.offset}, cycles ${whole(t.from)} to ${whole(t.to)}`),
      s('rect', {x: x(t.from).toFixed(1), y: y(t.offset).toFixed(1), width: Math.max(w, 1).toFixed(1), height: Math.max(tall, 0.8).toFixed(1),
        fill: `var(--${['c-array', 'c-pool', 'c-add', 'c-host'][k % 4]})`, 'fill-opacity': 0.4, stroke: 'var(--card)'}),
      tall > 13 && w > 34 ? s('text', {x: (x(t.from) + 5).toFixed(1), y: (y(t.offset) + Math.min(tall / 2 + 4, 15)).toFixed(1)}, cut(name, Math.floor(w / 7))) : '');
  });
  return h('div', {}, h('h4', {}, `Memory: ${bytes(size)} of tensors, behind ${bytes(m.image_bytes)} of list, weights and tables`),
    h('figure', {}, chart(width, height + 26, 'tensors in memory over time', boxes, s('rect', {class: 'axis', x: left, y: 4, width: span, height}),
      s('text', {class: 'dim', x: left - 6, y: 14, 'text-anchor': 'end'}, bytes(m.image_bytes)),
      s('text', {class: 'dim', x: left - 6, y: height + 4, 'text-anchor': 'end'}, bytes(m.window_bytes)),
      timeAxis(left, span, height + 4, height + 8, m.cycles))),
    h('p', {class: 'note'}, 'Addresses from top to bottom, as weft compile lays them out; a tensor keeps its place from its first writer to its last reader.',
      R.engine === 'rtl' ? ` The run for this report kept every tensor to the end, to be compared and shown: ${whole(segment.cycles)} cycles${m.cycles === segment.cycles ? ', as many as' : `, ${whole(m.cycles)}`} with this layout.` : ''));
}
function time() {
  const starts = R.segments.filter((g) => !g.on_host);
  if (!starts.length) return null;
  return h('section', {id: 'time'}, h('h2', {}, 'Time'),
    h('p', {class: 'note'}, `The first start, ${R.batch} image${R.batch > 1 ? 's' : ''}: above, how busy memory and array are; below, each layer\u2019s jobs. Times are the cycle model\u2019s`,
      R.predicted_cycles === R.cycles && R.engine === 'rtl' ? ', whose totals are those of this run.' : '.'),
    starts.map((g, i) => [starts.length > 1 ? h('h4', {}, `start ${i + 1} of ${starts.length}`) : '', gantt(g)]),
    legend([['read2', 'weights and parameters'], ['read', 'input lines and residuals'], ['mac', 'array'], ['write', 'writes']]),
    starts.map(memoryMap));
}
function roofline() {
  if (!hasCycles) return null;
  const points = timed.filter((l) => l.macs > 0 && l.bytes_read + l.bytes_written > 0).map((l) =>
    ({...l, x: l.macs / Math.max(l.bytes_read, l.bytes_written), y: l.macs / l.cycles}));
  if (!points.length) return null;
  const peak = R.config.rows * R.config.cols, width = Math.min(inner(), 640), height = 280, left = 44, right = 14, bottom = 40, top = 10;
  const slope = R.memory.width, xs = points.map((p) => p.x);
  const x0 = Math.log2(Math.min(...xs, peak / slope) / 2), x1 = Math.log2(Math.max(...xs, peak / slope) * 2);
  const y1 = Math.log2(peak * 1.6), y0 = Math.log2(Math.min(...points.map((p) => p.y), peak / 8) / 1.6);
  const x = (v) => left + (width - left - right) * (Math.log2(v) - x0) / (x1 - x0), y = (v) => top + (height - top - bottom) * (y1 - Math.log2(v)) / (y1 - y0);
  const powers = (a, b) => Array.from({length: Math.floor(b) - Math.ceil(a) + 1}, (_, i) => 2 ** (Math.ceil(a) + i));
  const crowded = (p) => points.some((q) => q.i < p.i && Math.abs(x(q.x) - x(p.x)) < 22 && Math.abs(y(q.y) - y(p.y)) < 11);
  const every = Math.ceil(powers(x0, x1).length / (width / 60));
  return h('section', {id: 'roofline'}, h('h2', {}, 'Roofline'),
    h('p', {class: 'note'}, `What memory (${R.memory.width} bytes a cycle each way) and array (${peak} multiplications a cycle) allow, and what each layer reaches. Bytes are those that it has read, or written if those are more.`),
    h('figure', {}, chart(width, height, 'roofline',
      powers(x0, x1).filter((_, i) => i % every === 0).map((v) => s('g', {}, s('path', {class: 'axis', d: `M${x(v)} ${top}V${height - bottom}`}), s('text', {class: 'dim', x: x(v), y: height - bottom + 15, 'text-anchor': 'middle'}, real(v)))),
      powers(y0, y1).map((v) => s('g', {}, s('path', {class: 'axis', d: `M${left} ${y(v)}H${width - right}`}), s('text', {class: 'dim', x: left - 6, y: y(v) + 4, 'text-anchor': 'end'}, real(v)))),
      s('clipPath', {id: 'inside'}, s('rect', {x: left, y: top, width: width - left - right, height: height - top - bottom})),
      s('path', {class: 'roof', 'clip-path': 'url(#inside)', d: `M${x(2 ** x0)} ${y(slope * 2 ** x0)}L${x(peak / slope)} ${y(peak)}H${width - right}`}),
      points.map((p) => link(p.i, s('circle', {cx: x(p.x).toFixed(1), cy: y(p.y).toFixed(1), r: 5, fill: 'var(--mac)', 'fill-opacity': 0.75, stroke: 'var(--card)'}, title(`${p.name}: ${real(p.x)} MACs a byte, ${real(p.y)} MACs a cycle`)),
        crowded(p) ? '' : s('text', {x: (x(p.x) + 7).toFixed(1), y: (y(p.y) + 4).toFixed(1), 'font-size': 10.5}, String(p.i + 1)))),
      s('text', {class: 'dim', x: (left + width - right) / 2, y: height - 6, 'text-anchor': 'middle'}, 'MACs a byte; a number is an operator\u2019s'),
      s('text', {class: 'dim', x: left + 4, y: top + 12}, 'MACs a cycle'))));
}
