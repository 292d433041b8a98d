'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const SVG = 'http://www.w3.org/2000/svg';
  const byId = (id) => document.getElementById(id);

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  function drawing(name, attributes, ...children) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  /* Text that a program chose, isolated; what is searched for is marked. */
  function chosen(text, sought) {
    const at = sought ? text.toLowerCase().indexOf(sought) : -1;
    return at < 0 ? element('bdi', {}, text)
      : element('bdi', {}, text.slice(0, at), element('mark', {}, text.slice(at, at + sought.length)), text.slice(at + sought.length));
  }
  const number = (n) => n.toLocaleString('en');
  function time(nanos) {
    if (nanos < 1e3) return nanos + ' ns';
    if (nanos < 1e6) return +(nanos / 1e3).toPrecision(3) + ' \u00b5s';
    if (nanos < 1e9) return +(nanos / 1e6).toPrecision(3) + ' ms';
    return nanos < 6e10 ? +(nanos / 1e9).toPrecision(3) + ' s' : Math.floor(nanos / 6e10) + ' min ' + Math.round((nanos % 6e10) / 1e9) + ' s';
  }

  /* Head. */
  document.title = data.title + ' \u2013 pledge';
  byId('title').append(chosen(data.title));
  if (data.result) { byId('result').append(chosen(data.result.replace(/\\x0a/g, '\n').replace(/\n$/, '')) ); byId('result').hidden = false; }
  const facts = [['calls', data.calls], ['processes', data.processes.length + data.untold], ['failed', data.failed], ['refused', data.refused]];
  for (const [name, value] of facts) byId('numbers').append(element('div', name === 'refused' && value ? { class: 'refused' } : {}, element('dt', {}, name), element('dd', {}, number(value))));
  byId('numbers').append(element('div', {}, element('dt', {}, 'time'), element('dd', {}, time(data.duration))));

  /* Promises over time. Those about files have the colours that files have below. */
  const HUES = { rpath: 'read', getpw: 'read', wpath: 'write', cpath: 'create', dpath: 'create', tmppath: 'create', fattr: 'write', chown: 'write', exec: 'execute', prot_exec: 'execute' };
  function timeline() {
    const box = byId('timeline');
    const { width, rows } = data.timeline;
    if (!rows.length) { box.replaceWith(element('p', { class: 'note' }, 'No system calls.')); byId('moment').remove(); return; }
    const slots = rows[0].slots.length;
    const cursors = [];
    for (const row of rows) {
      const highest = Math.max(...row.slots);
      let path = '';
      row.slots.forEach((count, i) => {
        if (!count) return;
        const height = Math.max(3, 22 * Math.sqrt(count / highest));
        path += `M${i} 24v${-height}h0.9v${height}z`;
      });
      const cursor = drawing('line', { y1: -2, y2: 25 });
      cursors.push(cursor);
      const picture = drawing('svg', { viewBox: `0 0 ${slots} 24`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, drawing('path', { d: path }), cursor);
      const kind = HUES[row.name] ? ' ' + HUES[row.name] : row.name === 'stdio' || row.name === '(dynamic linker)' ? ' quiet' : row.name === '(no promise)' ? ' bad' : '';
      box.append(element('div', { class: 'line' + kind },
        element('span', { class: 'label' }, row.name), element('div', { class: 'picture' }, picture),
        element('span', { class: 'total' }, number(data.words[row.name]))));
    }
    const ticks = element('div', { class: 'ticks' });
    for (let i = 0; i <= 4; i++) ticks.append(element('span', {}, i === 0 ? '0' : time(Math.round(slots * width * i / 4))));
    box.append(element('div', { class: 'line axis', 'aria-hidden': 'true' }, element('span', { class: 'label' }), element('div', { class: 'picture' }, ticks), element('span', { class: 'total' })));
    box.setAttribute('aria-valuemax', slots - 1);
    let at = -1;
    const say = byId('moment');
    function point(slot) {
      at = slot;
      box.classList.toggle('pointed', slot >= 0);
      if (slot < 0) { say.textContent = ''; box.setAttribute('aria-valuenow', 0); box.setAttribute('aria-valuetext', 'no moment chosen'); return; }
      for (const cursor of cursors) { cursor.setAttribute('x1', slot + 0.45); cursor.setAttribute('x2', slot + 0.45); }
      const then = rows.filter((row) => row.slots[slot]).map((row) => row.name + ' ' + number(row.slots[slot]));
      const text = 'from ' + time(slot * width) + ' on: ' + (then.join(', ') || 'nothing');
      say.textContent = text;
      box.setAttribute('aria-valuenow', slot);
      box.setAttribute('aria-valuetext', text);
    }
    point(-1);
    box.addEventListener('keydown', (event) => {
      const moves = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
      let to;
      if (event.key in moves) to = Math.min(slots - 1, Math.max(0, at + moves[event.key]));
      else if (event.key === 'Home') to = 0;
      else if (event.key === 'End') to = slots - 1;
      else if (event.key === 'Escape') to = -1;
      else return;
      event.preventDefault();
      point(to);
    });
    box.addEventListener('pointermove', (event) => {
      const place = cursors[0].ownerSVGElement.getBoundingClientRect();
      const slot = Math.floor((event.clientX - place.left) / place.width * slots);
      if (slot >= 0 && slot < slots) point(slot);
    });
    box.addEventListener('pointerleave', () => { if (document.activeElement !== box) point(-1); });
  }

  /*
   * A tree as WAI-ARIA describes it. Children are made when they are first seen. An item has: row(), a node of what it shows;
   * say(), what it is called; children, items; open, whether it is.
   */
  function tree(root, items) {
    let focused = null;
    const itemOf = new WeakMap();
    const group = (element) => [...element.children].filter((child) => child.getAttribute('role') === 'treeitem');
    function make(item, level, place, size) {
      const made = element('li', { role: 'treeitem', tabindex: -1, 'aria-level': level, 'aria-posinset': place, 'aria-setsize': size, 'aria-label': item.say() });
      itemOf.set(made, item);
      if (item.children.length) {
        made.classList.add('directory');
        made.setAttribute('aria-expanded', 'false');
      }
      const row = element('div', { class: 'row' }, element('span', { class: 'twist', 'aria-hidden': 'true' }, item.children.length ? '\u25b8' : ''), ...item.row(false));
      row.addEventListener('click', () => { focus(made); if (item.children.length) toggle(made, !item.open); });
      made.append(row);
      if (item.open && item.children.length) toggle(made, true);
      return made;
    }
    function toggle(made, open) {
      const item = itemOf.get(made);
      item.open = open;
      made.setAttribute('aria-expanded', open);
      const old = made.querySelector(':scope > .row');
      old.replaceChildren(element('span', { class: 'twist', 'aria-hidden': 'true' }, open ? '\u25be' : '\u25b8'), ...item.row(open));
      let list = made.querySelector(':scope > ul');
      if (open && !list) {
        const level = Number(made.getAttribute('aria-level')) + 1;
        list = element('ul', { role: 'group' });
        list.style.paddingInlineStart = 'clamp(0.6rem, 2.2vw, 1.1rem)';
        fill(list, item.children, level, item.more);
        made.append(list);
      }
      if (list) list.hidden = !open;
    }
    function fill(list, children, level, more) {
      children.forEach((child, i) => list.append(make(child, level, i + 1, children.length)));
      if (more) list.append(element('li', { class: 'more', role: 'none' }, 'and ' + number(more) + ' more'));
    }
    function focus(made) {
      if (focused) focused.tabIndex = -1;
      focused = made;
      made.tabIndex = 0;
      made.focus();
      made.querySelector(':scope > .row').scrollIntoView({ block: 'nearest' });
    }
    const seen = () => [...root.querySelectorAll('li[role="treeitem"]')].filter((one) => !one.parentElement.closest('ul[hidden]'));
    root.onkeydown = (event) => {
      const made = event.target.closest('li[role="treeitem"]');
      if (!made || !root.contains(made) || event.ctrlKey || event.metaKey || event.altKey) return;
      const item = itemOf.get(made);
      const all = seen();
      const at = all.indexOf(made);
      const parent = made.parentElement.closest('li[role="treeitem"]');
      let to;
      switch (event.key) {
        case 'ArrowDown': to = all[at + 1]; break;
        case 'ArrowUp': to = all[at - 1]; break;
        case 'Home': to = all[0]; break;
        case 'End': to = all[all.length - 1]; break;
        case 'ArrowRight':
          if (item.children.length && !item.open) toggle(made, true);
          else if (item.children.length) to = group(made.querySelector(':scope > ul'))[0];
          break;
        case 'ArrowLeft':
          if (item.children.length && item.open) toggle(made, false);
          else to = parent;
          break;
        case 'Enter': case ' ': if (item.children.length) toggle(made, !item.open); break;
        case '*': for (const one of group(made.parentElement)) if (itemOf.get(one).children.length) toggle(one, true); break;
        default: {
          if (event.key.length !== 1 || event.key === '/') return;
          const key = event.key.toLowerCase();
          to = [...all.slice(at + 1), ...all.slice(0, at)].find((one) => itemOf.get(one).name.toLowerCase().startsWith(key));
        }
      }
      event.preventDefault();
      if (to) focus(to);
    };
    root.replaceChildren();
    fill(root, items, 1, 0);
    const first = root.querySelector('li[role="treeitem"]');
    if (first) { first.tabIndex = 0; focused = first; }
    return { focus: () => { if (focused) focus(focused); } };
  }

  /* Files. The order is that of the counts in the data. */
  const DEEDS = [
    ['read', 'r', 'read'], ['write', 'w', 'written'], ['create', 'c', 'created or removed'], ['execute', 'x', 'executed'],
    ['refused', '!', 'refused'], ['looked', '\u00b7', 'looked at'], ['linked', 'ld', 'linked'],
  ];
  const mark = (deed, full, count) => element('span', { class: 'mark ' + DEEDS[deed][0] + (full ? ' full' : '') }, element('i', { 'aria-hidden': 'true' }, DEEDS[deed][1]), ...(count > 1 ? [number(count)] : []));

  function files() {
    const on = DEEDS.map((_, i) => i !== 6);
    let sought = '';
    const box = byId('paths');
    const search = byId('search');
    function path(array, above) {
      const name = array[0];
      const node = { name, full: above === null ? '/' : (above === '/' ? '/' : above + '/') + name, counts: array[1], more: array[3] };
      node.children = array[2].map((child) => path(child, node.full));
      node.below = node.counts.map((count, i) => count + node.children.reduce((sum, child) => sum + child.below[i], 0));
      return node;
    }
    const root = path(data.paths, null);
    let shown = 0;
    /* What is left of a node under the choice of deeds and words; nothing if that is nothing. */
    function left(node, within) {
      const here = !sought || within || node.full.toLowerCase().includes(sought);
      const children = node.children.map((child) => left(child, here && sought !== '')).filter((child) => child);
      const counts = node.counts.map((count, i) => (on[i] ? count : 0));
      const own = here && counts.some((count) => count);
      if (!own && !children.length) return null;
      shown += own ? 1 : 0;
      const below = counts.map((count, i) => count + children.reduce((sum, child) => sum + child.below[i], 0));
      return item(node, counts, below, children);
    }
    function item(node, counts, below, children) {
      const words = (sums) => sums.map((count, i) => (count ? ', ' + DEEDS[i][2] + ' ' + number(count) : '')).join('');
      return {
        name: node.name, children, below, more: sought ? 0 : node.more, open: false,
        say: () => node.name + (children.length ? ', directory' : '') + words(counts) + (children.length && words(below) !== words(counts) ? '; with what is below' + words(below) : ''),
        row: (open) => {
          const marks = element('span', { class: 'marks' });
          counts.forEach((count, i) => { if (count) marks.append(mark(i, true, count)); });
          if (!open) below.forEach((count, i) => { if (count && !counts[i]) marks.append(mark(i, false, 0)); });
          return [element('span', { class: 'name' }, chosen(node.name + (children.length && node.name !== '/' ? '/' : ''), sought)), marks];
        },
      };
    }
    let handle;
    function draw() {
      shown = 0;
      const rest = left(root, false);
      const top = rest;
      let budget = sought ? 200 : 14;
      /* Opens from the top as far as that stays readable at a glance. */
      const queue = top ? [top] : [];
      while (queue.length) {
        const next = queue.shift();
        if (next.children.length && next.children.length <= budget) {
          next.open = true;
          budget -= next.children.length;
          queue.push(...next.children);
        }
      }
      if (top) top.open = true;
      handle = tree(box, top ? [top] : []);
      byId('found').textContent = shown ? number(shown) + (shown === 1 ? ' path' : ' paths') : 'No path' + (sought ? ' with \u201c' + search.value + '\u201d' : '') + '.';
    }
    DEEDS.forEach(([, , word], i) => {
      if (!root.below[i]) return;
      const button = element('button', { type: 'button', 'aria-pressed': on[i] }, mark(i, true, 0), element('span', { class: 'word' }, word));
      button.addEventListener('click', () => { on[i] = !on[i]; button.setAttribute('aria-pressed', on[i]); draw(); });
      byId('deeds').append(button);
    });
    let waiting = 0;
    search.addEventListener('input', () => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => { sought = search.value.trim().toLowerCase(); draw(); });
    });
    const clear = () => { search.value = ''; sought = ''; draw(); };
    search.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') { event.preventDefault(); clear(); }
      if (event.key === 'ArrowDown' || event.key === 'Enter') { event.preventDefault(); handle.focus(); }
    });
    box.addEventListener('keydown', (event) => { if (event.key === 'Escape') { clear(); search.focus(); } });
    document.addEventListener('keydown', (event) => {
      if (event.key === '/' && event.target !== search && !event.ctrlKey && !event.metaKey) { event.preventDefault(); search.focus(); search.select(); }
    });
    draw();
  }

  /* Processes. */
  function processes() {
    const box = byId('lives');
    const known = new Map(data.processes.map((life) => [life.pid, life]));
    const total = Math.max(data.duration, 1);
    const items = new Map();
    for (const life of data.processes) {
      const names = life.programs.map((program) => program.slice(program.lastIndexOf('/') + 1));
      const name = names.join(' \u2192 ');
      const bad = life.signal !== '' || life.status > 0;
      const end = life.signal ? life.signal : life.status < 0 ? 'goes on' : 'exit ' + life.status;
      const took = time(life.end - life.begin);
      items.set(life.pid, {
        name: name || 'same program', children: [], open: true, more: 0,
        say: () => (name || 'same program') + ', process ' + life.pid + ', ' + took + ', ' + end + ', ' + number(life.calls) + ' calls',
        row: () => [
          element('span', { class: 'name', title: life.programs.join('\n') }, name ? chosen(name) : element('span', { class: 'pid' }, '(same program)'), element('span', { class: 'pid' }, ' ' + life.pid + (life.threads > 1 ? ', ' + life.threads + ' threads' : ''))),
          drawing('svg', { class: 'life' + (bad ? ' bad' : ''), viewBox: '0 0 1000 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
            drawing('rect', { class: 'whole', y: 3, width: 1000, height: 2 }),
            drawing('rect', { class: 'own', x: 1000 * life.begin / total, width: Math.max(8, 1000 * (life.end - life.begin) / total), height: 8, rx: 2 })),
          element('span', { class: 'end' + (bad ? ' bad' : '') }, took + ' \u00b7 ' + end),
        ],
      });
    }
    const roots = [];
    for (const life of data.processes) (known.has(life.parent) && life.parent !== life.pid && items.get(life.parent) !== undefined ? items.get(life.parent).children : roots).push(items.get(life.pid));
    tree(box, roots);
    if (data.untold) { byId('untold').textContent = 'and ' + number(data.untold) + ' more processes'; byId('untold').hidden = false; }
  }

  function table(heads, rows) {
    const head = element('tr');
    for (const [text, kind] of heads) head.append(element('th', { scope: 'col', class: kind === 'number' ? kind : '' }, text));
    const body = element('tbody');
    for (const row of rows) {
      const line = element('tr');
      row.forEach((cell, i) => line.append(element('td', { class: heads[i][1] + (cell.bad ? ' bad' : '') }, cell.text === undefined ? cell : cell.text)));
      body.append(line);
    }
    return element('table', {}, element('thead', {}, head), body);
  }

  timeline();
  files();
  processes();
  if (data.denied.length) {
    byId('refusals').hidden = false;
    byId('denied').append(table([['system call', 'mono'], ['what', 'what'], ['error', ''], ['would need', ''], ['count', 'number']],
      data.denied.map((one) => [one.call, chosen(one.what), { text: one.error, bad: true }, one.words || 'no promise', number(one.count)])));
  }
  byId('contacts').append(data.contacts.length
    ? table([['address', 'what'], ['call', 'mono'], ['protocol', ''], ['result', ''], ['count', 'number']],
      data.contacts.map((one) => [chosen(one.address || '(unnamed)'), one.verb, one.protocol || '\u2013', one.outcome ? { text: one.outcome, bad: true } : 'ok', number(one.count)]))
    : element('p', { class: 'note' }, 'It spoke to nobody.'));
})();
