// SPDX-License-Identifier: Apache-2.0
// Draws a report from its data. Whatever comes from a model is set as text, never as markup.
'use strict';
const R = JSON.parse(document.getElementById('data').textContent);
const wide = matchMedia('(min-width: 961px)');
let paper = false;  // drawn to be printed
const broad = () => paper || wide.matches;
const perImage = (n) => n / R.images;

// ---- Elements

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {}))
    if (value !== undefined && value !== null) node.setAttribute(key, value);
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== ''));
  return node;
}
const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
const chart = (width, height, label, ...children) =>
  s('svg', {class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label}, ...children);
const title = (text) => s('title', {}, text);
const link = (node, ...children) => s('a', {href: `#node-${node}`}, ...children);

// ---- Figures

const whole = (n) => Math.round(n).toLocaleString('en');
const percent = (x, digits = 2) => `${(100 * x).toFixed(digits)} %`;
const short = (n) => n >= 1e9 ? `${(n / 1e9).toPrecision(3)} G` : n >= 1e6 ? `${(n / 1e6).toPrecision(3)} M`
  : n >= 1e4 ? `${(n / 1e3).toPrecision(3)} k` : whole(n);
const bytes = (n) => n >= 1 << 20 ? `${(n / (1 << 20)).toFixed(1)} MiB` : n >= 1024 ? `${(n / 1024).toFixed(1)} KiB` : `${whole(n)} B`;
const real = (x) => Math.abs(x) < 1e-9 ? '0' : Number(x.toPrecision(3)).toString();
const shape = (dims) => dims.join('\u00d7');
const cut = (text, most) => text.length <= most ? text : `\u2026${text.slice(1 - most)}`;

const CAUSES = {
  mac: ['beats', 'the array multiplies'], edge: ['edge', 'rows or columns that have nothing to do during beats'],
  lines: ['lines', 'waiting for input lines'], weights: ['weights', 'waiting for weights or parameters'],
  feed: ['feed', 'runs shorter than the rows: the read port is busy'], store: ['store', 'waiting for room for outputs'],
  drain: ['drain', 'outputs on their way'], fill: ['fill', 'a job or its first tile on its way']};
function spent(stats) {  // cycles by cause, as they add up to the total
  const lost = (c) => Math.max(0, (stats.stalls || {})[c] || 0);  // below 0: beats before the layer before it ended
  const all = Object.keys(CAUSES).reduce((sum, c) => sum + lost(c), 0);
  return Object.keys(CAUSES).map((c) => [c, c === 'mac' ? stats.cycles - all : lost(c)]);
}
const legend = (entries) => h('ul', {class: 'legend'}, entries.map(([colour, text]) =>
  h('li', {}, h('i', {style: `background:var(--${colour})`}), text)));
const hasCycles = R.cycles !== null && R.cycles > 0;
const classNames = (R.class_names || '').split(',');
const className = (c) => classNames[c] || `class ${c}`;

// ---- Header

function tile(name, value, unit, ...notes) {
  return h('div', {class: 'tile'}, h('dt', {}, name), h('dd', {}, value, unit ? h('small', {}, ` ${unit}`) : ''), notes.map((n) => h('p', {}, n)));
}
function framework() {
  const f = R.framework;
  if (f.name === null) return `not compared with the model\u2019s own framework: ${f.reason}`;
  return [h('b', {class: f.differ ? 'bad' : 'good'}, `${whole(f.differ)} differ`), ` from ${f.name}\u2019s ${whole(f.values)} output values of ${whole(f.images)} image${f.images > 1 ? 's' : ''}`,
    f.tolerance ? `, by more than ${f.tolerance} of the largest` : ''];
}
function compared() {
  const name = 'Compared with the golden model', operators = R.layers.filter((l) => l.mismatches !== null).length;
  const box = R.mismatches === null ? tile(name, 'nothing') : tile(name, h('span', {class: R.mismatches ? 'bad' : 'good'}, `${whole(R.mismatches)} differ`), '',
    `of ${whole(R.outputs_compared)} outputs, ${operators} of ${R.layers.length} operators`,
    R.predicted_cycles ? `cycles ${R.predicted_cycles === R.cycles ? 'equal to' : 'differ from'} the cycle model\u2019s` : '');
  box.append(h('p', {}, framework()));
  box.classList.add('two');
  return box;
}
function header() {
  const sum = (key) => R.layers.reduce((n, l) => n + (l[key] || 0), 0);
  const tiles = [];
  if (hasCycles) {
    if (R.clock_mhz) {
      tiles.push(tile('Latency', R.latency_ms.toPrecision(4), 'ms', `a start of ${R.batch} image${R.batch > 1 ? 's' : ''}, at ${R.clock_mhz} MHz`));
      tiles.push(tile('Throughput', R.images_per_second.toPrecision(4), 'images/s', 'without what the host does'));
    }
    tiles.push(tile('Cycles', whole(perImage(R.cycles)), 'an image', R.clock_mhz ? '' : 'milliseconds with --clock'));
    tiles.push(tile('Utilisation', percent(R.utilisation), '', `of ${R.config.rows}\u00d7${R.config.cols} multipliers`));
  }
  tiles.push(tile('Multiplications', short(perImage(R.macs)), 'an image'));
  tiles.push(tile('Parameters', short(sum('weights') + sum('biases')), '', `${whole(sum('weights'))} weights, ${whole(sum('biases'))} biases`));
  if (hasCycles) {
    const moved = R.bytes_read + R.bytes_written;
    tiles.push(tile('Bytes a MAC', (moved / R.macs).toPrecision(3), '',
      `${(R.compulsory_bytes / R.macs).toPrecision(3)} compulsory: parameters, input and output once`));
  }
  if (R.accuracy !== undefined) tiles.push(tile('Accuracy', percent(R.accuracy), '', `of ${whole(R.images)} images`));
  tiles.push(compared());
  const engines = {rtl: 'the RTL', golden: 'the golden model', cycles: 'the cycle model'};
  document.getElementById('header').append(
    h('h1', {}, R.model),
    h('p', {class: 'sub'}, `${whole(R.images)} image${R.images > 1 ? 's' : ''} on ${engines[R.engine]}${R.engine === 'golden' ? '; what runs together is as on' : ' of'} ${R.config.name} (${R.config.key})`,
      R.engine === 'golden' ? '' : `, memory of ${R.memory.width} bytes a cycle and ${R.memory.latency} cycles`, `; Weft ${R.weft}`),
    h('dl', {class: 'tiles'}, tiles));
}

// ---- Predictions

function predictions() {
  if (!R.top || !R.top.length) return null;
  const labels = R.labels, wrong = (i) => labels && R.top[i][0].class !== labels[i];
  const missed = labels ? R.top.filter((_, i) => wrong(i)).length : 0;
  const most = (i) => Math.max(...R.top[i].map((t) => t.score)), least = (i) => Math.min(0, ...R.top[i].map((t) => t.score));
  const card = ({image: i, png}) => h('li', {class: wrong(i) ? 'wrong' : ''},
    h('img', {class: 'shot', src: png, width: 72, height: 72,
      alt: `image ${i}${labels ? `, ${className(labels[i])}` : ''}, as the network gets it`}),
    h('div', {class: 'best'}, h('div', {class: 'head'}, i < mapImages ? toMaps(i) : `image ${i}`, wrong(i) ? h('b', {class: 'bad'}, `: is ${className(labels[i])}`) : ''),
      h('ol', {'aria-label': `best classes of image ${i}`}, R.top[i].map((t) =>
        h('li', {class: `bar${labels && t.class === labels[i] ? ' truth' : ''}`, title: `${className(t.class)}: ${t.score}`,
          style: `--w:${(100 * Math.max(t.score - least(i), 0) / Math.max(most(i) - least(i), 1e-9)).toFixed(1)}%`},
          h('span', {}, t.score.toFixed(R.scores !== undefined ? 3 : 2)), className(t.class))))));
  return h('section', {id: 'predictions'}, h('h2', {}, 'What it sees'),
    h('p', {class: 'note'}, labels ? `Misclassified: ${whole(missed)} of ${whole(R.images)} images${missed ? ', which come first' : ''}. An image\u2019s own class is bold.` : 'The best five classes of each image.',
      R.scores === undefined ? ' The figures are the network\u2019s outputs, no probabilities.' : '',
      R.inputs.length < R.images ? ` ${R.inputs.length} images are shown.` : ''),
    h('ul', {class: 'images'}, R.inputs.map(card)), confusion());
}
function confusion() {
  if (!R.labels || R.images < 2) return null;
  const classes = [...new Set([...R.labels, ...R.predictions])].sort((a, b) => a - b);
  if (classes.length > 24) return h('p', {class: 'note'}, `No confusion matrix: ${classes.length} classes.`);
  const count = (truth, said) => R.labels.filter((l, i) => l === truth && R.predictions[i] === said).length;
  const rows = classes.map((truth) => {
    const total = R.labels.filter((l) => l === truth).length;
    return h('tr', {}, h('th', {scope: 'row'}, className(truth)), classes.map((said) => {
      const n = count(truth, said), tone = truth === said ? 'var(--good)' : 'var(--bad)';
      return h('td', n ? {style: `background:color-mix(in srgb,${tone} ${Math.round(15 + 40 * n / total)}%,transparent)`} : {}, n || '');
    }));
  });
  return h('div', {}, h('h4', {}, 'Confusion matrix: rows are what the images are, columns what the network says'),
    h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'confusion matrix'}, h('table', {},
      h('tr', {}, h('td', {style: 'border:0'}), classes.map((c) => h('th', {scope: 'col'}, className(c)))), rows)));
}
