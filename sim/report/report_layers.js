// SPDX-License-Identifier: Apache-2.0
// Each operator with its pictures, and the page as a whole.

// ---- Pictures: the grey of a PNG is code + 128; a filter of the page stretches and colours it

const SEQUENTIAL = ['#0d0a29', '#3b0f70', '#8c2981', '#de4968', '#fe9f6d', '#fcfdbf'];
const GREYS = ['#000000', '#ffffff'];
const DIVERGING = ['#0b3c78', '#3f8ec0', '#a9cfe5', '#f7f7f7', '#f4b295', '#c9493f', '#67001f'];
function makeFilter(id, lo, hi, colours) {
  const span = Math.max(hi - lo, 1), slope = 255 / span, intercept = -(lo + 128) / span;
  const channel = (name, i) => s(name, {type: 'table', tableValues: colours.map((c) => (parseInt(c.slice(1 + 2 * i, 3 + 2 * i), 16) / 255).toFixed(3)).join(' ')});
  const linear = ['feFuncR', 'feFuncG', 'feFuncB'].map((f) => s(f, {type: 'linear', slope, intercept}));
  document.getElementById('filters').append(s('filter', {id, x: 0, y: 0, width: 1, height: 1, 'color-interpolation-filters': 'sRGB'},
    s('feComponentTransfer', {}, linear), colours.length ? s('feComponentTransfer', {}, ['feFuncR', 'feFuncG', 'feFuncB'].map(channel)) : ''));
  return `filter:url(#${id})`;
}
const gradient = (colours) => `background:linear-gradient(90deg,${colours.join(',')})`;

// Reads a code back from a picture under the pointer.
const decoded = new Map();
function codeAt(img, event) {
  if (!img.naturalWidth) return null;
  if (!decoded.has(img)) {
    const canvas = h('canvas', {width: img.naturalWidth, height: img.naturalHeight});
    const context = canvas.getContext('2d', {willReadFrequently: true});
    context.drawImage(img, 0, 0);
    decoded.set(img, context);
  }
  const box = img.getBoundingClientRect();
  const at = (offset, size, natural) => Math.min(natural - 1, Math.max(0, Math.floor(offset / size * natural)));
  const x = at(event.clientX - box.left, box.width, img.naturalWidth), y = at(event.clientY - box.top, box.height, img.naturalHeight);
  const pixel = decoded.get(img).getImageData(x, y, 1, 1).data;
  return pixel[3] ? {x, y, code: pixel[0] - 128} : null;
}

// ---- The image whose maps are shown

let chosen = 0;
const mapImages = Math.max(0, ...R.tensors.map((t) => t.maps ? t.maps.images : 0));
const picturesOf = (m) => m.pictures.filter((p) => p.image === chosen);
const coloured = () => R.inputs.find((p) => p.image === chosen);
function choose(image) {
  chosen = image;
  decoded.clear();
  for (const box of document.querySelectorAll('[data-tensor]')) {
    const pictures = picturesOf(R.tensors[box.dataset.tensor].maps), colour = box.querySelector('.colour');
    box.querySelectorAll('.map').forEach((img, i) => { img.src = pictures[i].png; });
    box.querySelector('.which').textContent = `image ${image}`;
    if (colour) {
      colour.hidden = !coloured();
      if (coloured()) colour.src = coloured().png;
    }
  }
  for (const select of document.querySelectorAll('.chooser select')) select.value = image;
}
function toMaps(image) {
  const entry = h('a', {href: '#input', title: 'its maps'}, `image ${image}`);
  entry.addEventListener('click', () => choose(image));
  return entry;
}
function chooser() {
  if (mapImages < 2) return null;
  const said = (i) => R.predictions && R.predictions.length ? `: ${className(R.predictions[i])}${R.labels && R.labels[i] !== R.predictions[i] ? `, is ${className(R.labels[i])}` : ''}` : '';
  const select = h('select', {}, Array.from({length: mapImages}, (_, i) => h('option', {value: i}, `image ${i}${said(i)}`)));
  select.value = chosen;
  select.addEventListener('change', () => choose(Number(select.value)));
  return h('div', {class: 'chooser'}, h('label', {}, 'Maps of ', select), mapImages < R.images ? ` the first ${mapImages} of ${whole(R.images)} images have some` : '');
}
function maps(number, caption) {
  const t = R.tensors[number];
  if (!t.maps) return null;
  const m = t.maps, [, width, channels] = t.shape, isInput = t.source === 'input', hi = isInput ? m.highest : m.hi;
  const colours = isInput ? GREYS : SEQUENTIAL, style = makeFilter(`t${number}`, m.lo, hi, colours);
  const times = m.vector ? 12 : Math.max(1, Math.min(12, Math.round(60 / width)));
  const output = h('output', {}, '');
  const picture = (p, c) => h('img', {class: 'map', src: p.png, width: p.width * times, height: p.height * times, loading: paper ? 'eager' : 'lazy', 'data-channel': c,
    style: `${style};max-width:100%${m.vector ? ';background:none' : ''}`, alt: m.vector ? `${channels} values of ${tensorName(number)}` : `channel ${c} of ${tensorName(number)}`,
    title: m.vector ? '' : `channel ${c}`});
  const tiles = h('div', {class: 'maps'}, picturesOf(m).map(picture));
  const inColour = isInput && channels === 3 && coloured();
  if (inColour) tiles.prepend(h('img', {class: 'colour', src: inColour.png, width: width * times, height: t.shape[0] * times, style: 'max-width:100%', alt: `${tensorName(number)} in colour`}));
  tiles.addEventListener('pointermove', (event) => {
    const found = event.target.dataset.channel && codeAt(event.target, event);
    output.textContent = !found ? '' : `${m.vector ? `channel ${found.y * m.pictures[0].width + found.x}` : `channel ${event.target.dataset.channel}, y ${found.y}, x ${found.x}`}: code ${found.code} = ${real(t.scale * (found.code - t.zero_point))}`;
  });
  tiles.addEventListener('pointerleave', () => { output.textContent = ''; });
  const from = {rtl: 'read from the RTL\u2019s memory', golden: R.engine === 'rtl' ? 'computed by the golden model: this never leaves the hardware' : 'computed by the golden model', host: 'computed on the host', input: 'the input'}[t.source];
  return h('div', {'data-tensor': number}, h('h4', {}, `${caption} ${shape(t.shape)}, `, h('span', {class: 'which'}, `image ${chosen}`), `: ${from}`), tiles,
    h('div', {class: 'scale'}, `${real(t.scale * (m.lo - t.zero_point))}`, h('i', {style: gradient(colours)}), `${real(t.scale * (hi - t.zero_point))}`,
      m.highest > hi ? ` and above, to ${real(t.scale * (m.highest - t.zero_point))}` : '',
      m.shown < channels ? h('span', {}, `the first ${m.shown} of ${channels} channels are shown`) : '', output));
}
function filters(layer, number) {
  const f = layer.filters, [count, kh, kw, c] = f.shape;
  const style = makeFilter(`f${number}`, -f.largest, f.largest, f.colour ? [] : DIVERGING);
  const times = Math.max(1, Math.min(12, Math.floor(Math.min(400, inner()) / f.width), Math.max(2, Math.floor(280 / f.height))));
  const shown = f.shown[0] < count || (f.matrix && f.shown[1] < c) ? `; shown: ${f.shown[0]} of ${count}${f.matrix ? `, of ${f.shown[1]} of ${c} channels` : ''}` : '';
  return h('div', {}, h('h4', {}, `Filters: ${count} of ${kh}\u00d7${kw}\u00d7${c}${shown}`),
    h('img', {class: 'sheet', src: f.png, width: f.width * times, height: f.height * times, loading: paper ? 'eager' : 'lazy', style, alt: `filters of ${layer.name}`}),
    h('p', {class: 'note'}, f.colour ? 'In colour: red, green and blue are the three input channels; grey is 0.' : '',
      f.matrix ? 'A column is a filter, a row an input channel.' : ''),
    f.colour ? '' : h('div', {class: 'scale'}, `\u2212${f.largest}`, h('i', {style: gradient(DIVERGING)}), `${f.largest}`));
}
function histogram(number, caption) {
  const t = R.tensors[number];
  if (!t.histogram) return null;
  const width = 330, height = 92, most = Math.max(...t.histogram), bin = width / t.histogram.length;
  const value = (code) => real(t.scale * (code - t.zero_point)), tall = (n) => n ? Math.max(1.5, height * Math.sqrt(n / most)) : 0;
  const zero = (t.zero_point + 128) * width / 256;
  const bars = t.histogram.map((n, i) => s('rect', {x: (i * bin + 0.4).toFixed(2), y: (height - tall(n)).toFixed(1), width: (bin - 0.8).toFixed(2), height: tall(n).toFixed(1), fill: 'var(--mac)'},
    title(`codes ${4 * i - 128} to ${4 * i - 125} (from ${value(4 * i - 128)}): ${percent(n / t.values)}`)));
  return h('div', {}, h('h4', {}, caption), h('figure', {}, chart(width, height + 20, `histogram of ${tensorName(number)}`, bars,
    s('path', {class: 'roof', d: `M0 ${height}H${width}`}), s('path', {class: 'axis', 'stroke-dasharray': '3 3', d: `M${zero} 0V${height}`}),
    s('text', {class: 'dim', x: 0, y: height + 15}, value(-128)), s('text', {class: 'dim', x: width, y: height + 15, 'text-anchor': 'end'}, value(127)),
    zero > 40 && zero < width - 40 ? s('text', {class: 'dim', x: zero, y: height + 15, 'text-anchor': 'middle'}, '0') : '')),
    h('p', {class: 'note'}, `${percent(t.lowest_share)} at the lowest code (${value(-128)}), ${percent(t.highest_share)} at the highest (${value(127)}). Heights are square roots.`));
}

// ---- Layers

function place(layer, number) {
  const stage = R.stages[layer.stage];
  if (!stage) return null;
  if (stage.on_host) return h('span', {class: 'tag host'}, 'on the host');
  const others = stage.nodes.filter((n) => n !== number).map((n) => `${n + 1} ${cut(R.layers[n].name, 26)}`);
  return h('span', {class: 'tag'}, others.length ? `one pass with ${others.join(', ')}` : stage.layers.length > 1 ? `${stage.layers.length} passes` : 'a pass of its own');
}
function article(layer, number) {
  const fact = (name, value, note) => h('div', {}, h('span', {}, `${name} `), h('b', {}, value), note ? h('span', {}, ` ${note}`) : '');
  const inputs = layer.inputs.map((t) => shape(R.tensors[t].shape)).join(' + ');
  const facts = [fact('shape', `${inputs} \u2192 ${shape(R.tensors[layer.output].shape)}`)];
  if (layer.weights !== undefined) facts.push(fact('parameters', whole(layer.weights + layer.biases), `(${whole(layer.weights)} weights, ${whole(layer.biases)} biases)`));
  if (layer.macs) facts.push(fact('MACs', whole(perImage(layer.macs))));
  if (layer.cycles) {
    facts.push(fact('cycles', whole(perImage(layer.cycles)), R.clock_mhz ? `(${(perImage(layer.cycles) / R.clock_mhz / 1000).toPrecision(3)} ms)` : ''));
    if (layer.macs) facts.push(fact('utilisation', percent(layer.utilisation)));
    facts.push(fact('bytes read', whole(perImage(layer.bytes_read))), fact('written', whole(perImage(layer.bytes_written))));
    const moved = Math.max(layer.bytes_read, layer.bytes_written);
    if (layer.macs && moved) facts.push(h('div', {}, h('a', {href: '#roofline'}, 'roofline'), h('b', {}, ` ${real(layer.macs / moved)}`), h('span', {}, ' MACs a byte, '), h('b', {}, real(layer.macs / layer.cycles)), h('span', {}, ` of ${R.config.rows * R.config.cols} a cycle`)));
  }
  if (layer.mismatches !== null) facts.push(h('div', {}, h('span', {}, 'compared '), h('b', {class: layer.mismatches ? 'bad' : 'good'}, `${whole(layer.mismatches)} of ${whole(layer.outputs_compared)} differ`)));
  const width = inner();
  return h('article', {id: `node-${number}`, 'aria-labelledby': `name-${number}`},
    h('header', {}, h('h3', {id: `name-${number}`}, h('span', {class: 'no'}, String(number + 1)), layer.name), h('span', {class: 'sub'}, layer.what), place(layer, number)),
    h('div', {class: 'facts'}, facts),
    layer.cycles ? h('figure', {}, chart(width, 14, `cycles of ${layer.name} by cause`, stacked(layer, 0, 0, width, 14, layer.cycles)),
      legend(spent(layer).filter(([, n]) => n > 0.005 * layer.cycles).map(([c, n]) => [c, `${CAUSES[c][0]} ${percent(n / layer.cycles, 1)}`]))) : '',
    layer.filters || R.tensors[layer.output].histogram ? h('div', {class: 'pair'}, layer.filters ? filters(layer, number) : '',
      histogram(layer.output, `Output values of ${R.images > 1 ? `${whole(R.images)} images` : 'the image'}`)) : '',
    layer.unpooled !== undefined ? maps(layer.unpooled, 'Before the pool,') : '',
    maps(layer.output, 'Output'));
}

// ---- The page

function draw() {
  document.getElementById('filters').replaceChildren();
  const input = R.tensors[R.input].maps ? h('section', {id: 'input'}, h('h2', {}, 'Input'), maps(R.input, R.tensors[R.input].name)) : h('span', {id: 'input'});
  const drawn = [predictions(), causes(), time(), roofline(), h('h2', {class: 'part'}, 'Layers'), chooser(), input, R.layers.map(article)];
  document.getElementById('main').replaceChildren(...drawn.flat().filter((c) => c));
}
header();
draw();

const details = document.getElementById('network');
details.open = wide.matches;
wide.addEventListener('change', () => { details.open = wide.matches; });
addEventListener('beforeprint', () => { details.open = paper = true; draw(); });
addEventListener('afterprint', () => { paper = false; details.open = wide.matches; draw(); watch(); });
let width = innerWidth, waiting = 0;
addEventListener('resize', () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => { if (innerWidth !== width) { width = innerWidth; draw(); watch(); } }, 150);
});

// The operator that is read is marked in the drawing, and seen there.
function mark(id) {
  for (const old of document.querySelectorAll('.here')) old.classList.remove('here');
  const entry = document.querySelector(`nav a[href="#${id}"]`);
  if (!entry) return;
  entry.classList.add('here');
  const nav = document.querySelector('nav'), box = entry.getBoundingClientRect(), frame = nav.getBoundingClientRect();
  if (wide.matches && (box.top < frame.top + 40 || box.bottom > frame.bottom - 40)) nav.scrollTop += box.top - frame.top - frame.height / 3;
}
let watcher;
function watch() {
  if (watcher) watcher.disconnect();
  watcher = new IntersectionObserver((entries) => { for (const e of entries) if (e.isIntersecting) mark(e.target.id); }, {rootMargin: '-15% 0px -75% 0px'});
  for (const a of document.querySelectorAll('article')) watcher.observe(a);
}
watch();
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
