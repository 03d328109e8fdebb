"use strict";
// Makes the still charts answer: chips choose arms, pointer and arrow keys read values,
// tables sort and copy. Draws with the page's embedded figures and computes none.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const arms = data.arms;

  // ---- small helpers -------------------------------------------------------

  const escape = (s) => String(s).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const make = (tag, attributes = {}, html = "") => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.innerHTML = html;
    return element;
  };
  const minus = (s) => s.replace("-", "−");
  const fixed = (value, decimals) => (value === null || value === undefined ? "–" : minus(value.toFixed(decimals)));
  const short = (value, digits = 3) => {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size < 1e-3 || size >= 1e4) return minus(value.toExponential(1));
    return fixed(value, Math.max(0, Math.min(5, digits - 1 - Math.floor(Math.log10(size)))));
  };
  const colour = (arm) => `var(--arm-${arms[arm].colour})`;
  const finite = (values) => values.filter((v) => v !== null && Number.isFinite(v));

  const scale = ([low, high], [from, to]) => {
    if (!(high > low)) [low, high] = [low - (Math.abs(low) * 0.1 || 1), low + (Math.abs(low) * 0.1 || 1)];
    const at = (v) => from + Math.min(1, Math.max(0, (v - low) / (high - low))) * (to - from);
    at.domain = [low, high];
    return at;
  };
  const nice = (step) => {
    const power = 10 ** Math.floor(Math.log10(step));
    return [1, 2, 5, 10].find((t) => t * power >= step * 0.999) * power;
  };
  const ticks = ([low, high], wanted) => {
    const inside = (step) => Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) + 1;
    const wide = nice((high - low) / wanted);
    const step = [wide, nice(wide * 0.4), nice(wide * 0.2)].find((s) => inside(s) >= 3 && inside(s) <= wanted + 2) || wide;
    const decimals = Math.max(0, Math.min(12, -Math.floor(Math.log10(step))));
    const out = [];
    for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9) && out.length < 100; i++)
      out.push([i * step, fixed(i * step, decimals)]);
    return out;
  };
  const epochTicks = (epochs, wanted) => {
    const step = Math.max(1, Math.floor(nice(epochs / wanted)));
    const out = [1];
    for (let e = step; e <= epochs; e += step) if (e > 1) out.push(e);
    if (step > 2 && out.length > 1 && out[1] - 1 < step / 2) out.splice(1, 1);
    return out;
  };
  // Moves label heights apart; those without room get null. As chart/labels.rs.
  const spread = (wanted, room, top, bottom) => {
    const fit = Math.min(wanted.length, Math.max(0, Math.floor((bottom - top) / room)) + 1);
    const order = [...Array(fit).keys()].sort((a, b) => wanted[a] - wanted[b]);
    const place = (c, n) => Math.max(top, Math.min(c - ((n - 1) * room) / 2, Math.max(top, bottom - (n - 1) * room)));
    const blocks = [];
    for (const i of order) {
      blocks.push([Math.max(top, Math.min(bottom, wanted[i])), 1]);
      while (blocks.length > 1) {
        const [c1, n1] = blocks[blocks.length - 2];
        const [c2, n2] = blocks[blocks.length - 1];
        if (place(c1, n1) + n1 * room <= place(c2, n2) + 1e-9) break;
        blocks.splice(-2, 2, [(c1 * n1 + c2 * n2) / (n1 + n2), n1 + n2]);
      }
    }
    const heights = wanted.map(() => null);
    let next = 0;
    for (const [c, n] of blocks) for (let i = 0; i < n; i++) heights[order[next++]] = place(c, n) + i * room;
    return heights;
  };
  const canvas = document.createElement("canvas").getContext("2d");
  const measure = (words, size) => {
    canvas.font = `${size}px ${getComputedStyle(document.documentElement).fontFamily}`;
    return canvas.measureText(words).width;
  };
  const fit = (words, size, room) => {
    if (measure(words, size) <= room) return words;
    let cut = [...words];
    while (cut.length && measure(cut.join("") + "…", size) > room) cut.pop();
    return cut.join("").trimEnd() + "…";
  };

  // ---- SVG -----------------------------------------------------------------

  const n1 = (v) => Math.round(v * 10) / 10;
  const path = (points, close) => points.map(([x, y], i) => `${i ? "L" : "M"}${n1(x)} ${n1(y)}`).join("") + (close ? "Z" : "");
  const line = (points, stroke, width, more = "") =>
    `<path d="${path(points)}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linejoin="round" ${more}/>`;
  const words = (x, y, s, more = "") => `<text x="${n1(x)}" y="${n1(y)}" font-size="11" fill="var(--muted)" ${more}>${escape(s)}</text>`;
  const sign = (x, y, r, marker, fill) => {
    const corner = {
      square: [[-r, -r], [r, -r], [r, r], [-r, r]],
      diamond: [[0, -1.3 * r], [1.3 * r, 0], [0, 1.3 * r], [-1.3 * r, 0]],
      triangle: [[0, -1.2 * r], [1.2 * r, 0.96 * r], [-1.2 * r, 0.96 * r]],
    }[marker];
    return corner
      ? `<path d="${path(corner.map(([dx, dy]) => [x + dx, y + dy]), true)}" fill="${fill}"/>`
      : `<circle cx="${n1(x)}" cy="${n1(y)}" r="${r}" fill="${fill}"/>`;
  };
  const svg = (width, height, label, inner) =>
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(label)}" style="font-variant-numeric:tabular-nums">${inner}</svg>`;
  const END = 'text-anchor="end"';
  const MIDDLE = 'text-anchor="middle"';

  // ---- chips ---------------------------------------------------------------

  // Buttons, one an arm; `chosen` is a Set that they change.
  const chips = (head, chosen, changed) => {
    const box = make("div", { class: "chips", role: "group", "aria-label": head });
    box.append(make("span", { class: "head" }, escape(head)));
    arms.forEach((arm, i) => {
      const button = make("button", { type: "button", "data-chip": i, "aria-pressed": chosen.has(i), title: arm.remedies.join(", ") || "no remedy" },
        `<span class="swatch" style="background:${colour(i)}"></span>${escape(arm.name)}`);
      button.addEventListener("click", () => {
        if (!chosen.delete(i)) chosen.add(i);
        button.setAttribute("aria-pressed", chosen.has(i));
        changed();
      });
      box.append(button);
    });
    return box;
  };

  // A figure's still pictures give way to controls, a live chart and a readout.
  const enliven = (id, label) => {
    const figure = document.getElementById(id);
    const still = figure.querySelector(".still");
    const controls = make("div", { class: "controls" });
    const live = make("div", { class: "live", tabindex: "0", role: "group", "aria-label": label });
    const readout = make("div", { class: "readout", "aria-live": "polite" });
    still.replaceWith(controls, live, readout);
    let last = 0;
    const onWidth = (draw) =>
      new ResizeObserver(() => {
        const width = Math.round(live.clientWidth);
        if (width && width !== last) draw((last = width));
      }).observe(live);
    return { figure, controls, live, readout, onWidth };
  };

  // ---- effects: rows that can be pointed at ---------------------------------

  const effects = () => {
    const figure = document.getElementById("effects");
    const readout = make("div", { class: "readout", "aria-live": "polite" }, `<p>Point at a row, or move to it with Tab, for its single ${data.study.over}.</p>`);
    figure.insertBefore(readout, figure.querySelector("figcaption"));
    const points = data.study.points;
    const factor = points ? 100 : 1;
    const show = (i) => {
      const found = data.findings.arms[i];
      const against = found.against_baseline && found.against_baseline.primary;
      let text = found.sentence;
      if (against && against.mean !== null) {
        const decimals = points ? 2 : 4;
        const f = (v) => fixed(v === null ? null : v * factor, decimals);
        const interval = against.low === null ? "no interval" : `95 % interval ${f(against.low)} to ${f(against.high)}`;
        text = `difference ${f(against.mean)}${points ? " points" : ""}, ${interval}, n = ${against.n}; ${data.study.over}: ${against.values.map(f).join(", ")}. ${found.sentence}`;
      }
      readout.innerHTML = `<p><b>${escape(found.name)}</b>: ${escape(text)}</p>`;
    };
    for (const row of figure.querySelectorAll("[data-arm]")) {
      const i = Number(row.dataset.arm);
      row.setAttribute("tabindex", "0");
      row.setAttribute("role", "img");
      row.setAttribute("aria-label", row.querySelector("title").textContent);
      row.addEventListener("pointerenter", () => show(i));
      row.addEventListener("focus", () => show(i));
      // The whole row answers, not only its marks.
      const box = row.getBBox();
      const width = row.ownerSVGElement.viewBox.baseVal.width;
      if (box.height) row.insertAdjacentHTML("beforeend", `<rect x="0" y="${n1(box.y - 2)}" width="${width}" height="${n1(box.height + 4)}" fill="transparent"/>`);
    }
  };

  // ---- curves --------------------------------------------------------------

  const TRAINING = [
    ["train_eval_loss", "evaluation mode"],
    ["train_loss", "as trained"],
    ["train_objective", "as trained, with penalty"],
  ];

  const curves = () => {
    const { controls, live, readout, onWidth } = enliven("curves", "Loss and score by epoch. Left and right arrow keys read one epoch after another.");
    const chosen = new Set(data.shown);
    let training = TRAINING[0][0];
    let epoch = null;
    let width = 0;
    let frame = null;
    const epochs = () => Math.max(1, ...[...chosen].flatMap((a) => Object.values(arms[a].curves).flatMap((c) => c.slice(-1).map((p) => p[0]))));
    const panels = () => [
      { name: data.loss, figures: ["val_loss", training], factor: 1, decimals: 4 },
      { name: data.score.panel, figures: [...data.score.columns].reverse(), factor: data.score.factor, decimals: data.score.decimals },
    ];

    const draw = () => {
      const list = [...chosen].sort((a, b) => a - b);
      const wide = width >= 600;
      const height = wide ? 216 : 180;
      const room = Math.min(wide ? 150 : 84, Math.max(40, ...list.map((a) => measure(arms[a].name, 11) + 8)));
      const last = epochs();
      frame = { left: 40, right: width - room - 12, epochs: last };
      const x = scale(last === 1 ? [0.5, 1.5] : [1, last], [frame.left, frame.right]);
      frame.x = x;
      let out = legend(width);
      let top = 48;
      let bottom = 0;
      for (const panel of panels()) {
        bottom = top + height;
        out += drawPanel(panel, list, x, top, bottom, room);
        top = bottom + 38;
      }
      out += line([[frame.left, bottom], [frame.right, bottom]], "var(--axis)", 1);
      for (const e of epochTicks(last, frame.right - frame.left > 400 ? 10 : 5)) out += words(x(e), bottom + 26, e, MIDDLE);
      out += words((frame.left + frame.right) / 2, bottom + 42, "epoch", MIDDLE);
      let cuts = false;
      for (const a of list)
        for (const [e, trials] of arms[a].cuts) {
          out += line([[x(e), bottom + 2], [x(e), bottom + 4 + (8 * trials) / arms[a].n]], colour(a), 2);
          cuts = true;
        }
      if (cuts) out += words(frame.right + 12, bottom + 12, "rate cuts");
      if (epoch !== null) out += line([[x(epoch), 48], [x(epoch), bottom]], "var(--text)", 1, 'data-cursor="" opacity="0.5"');
      live.innerHTML = svg(width, bottom + 46, "Loss and score by epoch", out);
      read();
    };

    const legend = (width) => {
      let x = 0;
      let out = "";
      for (const [label, dash] of [["validation", ""], ["training", 'stroke-dasharray="5 3.5"']]) {
        out += line([[x, 8], [x + 24, 8]], "var(--muted)", 1.8, dash) + words(x + 29, 12, label);
        x += 47 + measure(label, 11);
      }
      out += sign(x + 4, 8, 4, "circle", "var(--muted)") + words(x + 12, 12, "kept epoch");
      x += 30 + measure("kept epoch", 11);
      const band = `band: smallest to largest ${data.study.trial}`;
      const known = [...chosen].some((a) => Object.values(arms[a].curves).some((c) => c.some((p) => p[4] > 1)));
      return known && x + measure(band, 11) < width ? out + words(x, 12, band) : out;
    };

    const drawPanel = (panel, list, x, top, bottom, room) => {
      const all = (a) => finite(panel.figures.flatMap((f) => arms[a].curves[f].flatMap((p) => [p[1], p[5], p[6]])));
      const cap = list.length ? Math.max(0, ...all(list[0])) * 3 || Infinity : Infinity;
      const values = list.flatMap(all).map((v) => Math.min(v, cap) * panel.factor);
      const ends = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
      const pad = (ends[1] - ends[0]) * 0.04;
      const y = scale([ends[0] - pad, ends[1] + pad], [bottom, top]);
      let out = `<text x="0" y="${top - 9}" font-size="12.5" font-weight="600" fill="var(--text)">${escape(panel.name)}</text>`;
      for (const [value, label] of ticks(y.domain, 5))
        out += line([[frame.left, y(value)], [frame.right, y(value)]], "var(--grid)", 1) + words(frame.left - 6, y(value) + 4, label, END);
      const at = (p, i) => [x(p[0]), y(p[i] * panel.factor)];
      let bands = "";
      let lines = "";
      let dots = "";
      const labels = [];
      const taken = []; // kept epochs' labels: middle, base line, half width
      const keptAt = (a) => {
        const point = arms[a].kept && arms[a].curves[panel.figures[0]].find((p) => p[0] === arms[a].kept[0]);
        return point ? [at(point, 1)] : [];
      };
      const signs = list.flatMap(keptAt);
      for (const a of list) {
        panel.figures.forEach((f, i) => {
          const runs = [];
          for (const p of arms[a].curves[f]) {
            const run = runs[runs.length - 1];
            if (run && run[run.length - 1][0] + 1 === p[0]) run.push(p);
            else runs.push([p]);
          }
          for (const run of runs) {
            if (run.length > 1 && run.some((p) => p[4] > 1))
              bands += `<path d="${path([...run.map((p) => at(p, 6)), ...[...run].reverse().map((p) => at(p, 5))], true)}" fill="${colour(a)}" opacity="0.16"/>`;
            const points = run.map((p) => at(p, 1));
            lines += points.length > 1 ? line(points, colour(a), 1.8, i ? 'stroke-dasharray="5 3.5"' : "") : sign(...points[0], 2.6, arms[a].marker, colour(a));
          }
        });
        const validation = arms[a].curves[panel.figures[0]];
        const kept = arms[a].kept;
        const point = kept && validation.find((p) => p[0] === kept[0]);
        if (point) {
          const [px, py] = at(point, 1);
          dots += sign(px, py, 6, arms[a].marker, "var(--paper)") + sign(px, py, 4, arms[a].marker, colour(a));
          if (list.length <= 3 && panel.figures[0] === "val_loss") {
            const label = `epoch ${kept[0]}${kept[1] === kept[2] ? "" : ` (${kept[1]}–${kept[2]})`}`;
            const half = measure(label, 11) / 2;
            const lx = Math.max(frame.left + half, Math.min(frame.right - half, px));
            const onLabel = (y) => taken.some(([ox, oy, oh]) => Math.abs(ox - lx) < oh + half + 6 && Math.abs(oy - y) < 13);
            const onSign = (y) => signs.some(([ox, oy]) => Math.abs(ox - lx) < half + 6 && Math.abs(oy - y + 2.5) < 11.5);
            const ly = [py - 11, py + 19].find((y) => !onLabel(y) && !onSign(y));
            if (ly !== undefined) {
              taken.push([lx, ly, half]);
              dots += words(lx, ly, label, `${MIDDLE} stroke="var(--paper)" stroke-width="3" paint-order="stroke"`);
            }
          }
        }
        const end = validation.at(-1) || arms[a].curves[panel.figures[1]].at(-1);
        if (end) labels.push([a, at(end, 1)]);
      }
      const heights = spread(labels.map(([, [, ly]]) => ly), 14, top + 4, bottom - 4);
      let names = "";
      labels.forEach(([a, end], i) => {
        if (heights[i] === null) return;
        names += line([end, [frame.right + 10, heights[i]]], colour(a), 0.75, 'opacity="0.8"');
        names += `<text x="${n1(frame.right + 12)}" y="${n1(heights[i] + 4)}" font-size="11" fill="var(--text)">${escape(fit(arms[a].name, 11, room))}</text>`;
      });
      if (!values.length) names += words((frame.left + frame.right) / 2, (top + bottom) / 2, "no figures", MIDDLE);
      return out + bands + lines + dots + names;
    };

    const read = () => {
      if (epoch === null) {
        readout.innerHTML = "<p>Point at the chart, or focus it and use the arrow keys, to read an epoch.</p>";
        return;
      }
      const heads = panels().flatMap((p) => p.figures.map((f) => [p, f]));
      const cell = (a, p, f) => {
        const row = arms[a].curves[f].find((r) => r[0] === epoch);
        if (!row) return '<td class="n">–</td>';
        const v = (i) => fixed(row[i] === null ? null : row[i] * p.factor, p.decimals);
        return `<td class="n">${v(1)}${row[2] === null ? "" : ` [${v(2)}, ${v(3)}]`}</td>`;
      };
      const count = (a) => Math.max(0, ...heads.map(([, f]) => (arms[a].curves[f].find((r) => r[0] === epoch) || [])[4] || 0));
      const titles = ["val loss", "train loss", `val ${data.score.head}`, `train ${data.score.head}`];
      readout.innerHTML =
        `<table><thead><tr><th>epoch ${epoch}</th>${titles.map((t) => `<th class="n">${t}</th>`).join("")}<th class="n">n</th></tr></thead><tbody>` +
        [...chosen].sort((a, b) => a - b).map((a) => `<tr><th scope="row">${escape(arms[a].name)}</th>${heads.map(([p, f]) => cell(a, p, f)).join("")}<td class="n">${count(a)}</td></tr>`).join("") +
        "</tbody></table>";
    };
    const move = (to) => {
      const next = to === null ? null : Math.max(1, Math.min(frame.epochs, to));
      if (next !== epoch) {
        epoch = next;
        draw();
      }
    };

    live.addEventListener("pointermove", (event) => {
      const box = live.getBoundingClientRect();
      const share = (event.clientX - box.left - frame.left) / (frame.right - frame.left);
      move(frame.epochs === 1 ? 1 : Math.round(1 + share * (frame.epochs - 1)));
    });
    live.addEventListener("keydown", (event) => {
      const to = { ArrowRight: (epoch ?? 0) + 1, ArrowLeft: (epoch ?? frame.epochs + 1) - 1, Home: 1, End: frame.epochs, Escape: null }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      move(to);
    });

    controls.append(chips("Arms", chosen, draw));
    const modes = make("div", { class: "chips", role: "group", "aria-label": "Training loss" });
    modes.append(make("span", { class: "head" }, "Training loss"));
    for (const [figure, label] of TRAINING) {
      const button = make("button", { type: "button", "data-training": figure, "aria-pressed": figure === training }, label);
      button.addEventListener("click", () => {
        training = figure;
        for (const other of modes.querySelectorAll("button")) other.setAttribute("aria-pressed", other === button);
        draw();
      });
      modes.append(button);
    }
    controls.append(modes);
    onWidth((w) => {
      width = w;
      draw();
    });
  };

  // ---- weights -------------------------------------------------------------

  const weights = () => {
    if (!arms.some((arm) => arm.weights.length)) return;
    const { controls, live, readout, onWidth } = enliven("weights", "Histograms of weights by layer. Left and right arrow keys read one bin after another.");
    const chosen = new Set();
    let plots = [];
    let width = 0;
    let cursor = null; // which plot, which bin
    const coarser = (w, target) => {
      let bins = { width: w.width, first: w.first, counts: w.counts };
      while (bins.width < target * 0.999) {
        const first = Math.floor(bins.first / 2);
        const counts = Array(Math.floor((bins.first + bins.counts.length - 1) / 2) - first + 1).fill(0);
        bins.counts.forEach((c, i) => (counts[Math.floor((bins.first + i) / 2) - first] += c));
        bins = { width: bins.width * 2, first, counts };
      }
      return bins;
    };
    const power = (p) => (p < 0 ? minus(`1e${p}`) : p < 4 ? String(10 ** p) : p < 6 ? `${10 ** (p - 3)}k` : p < 9 ? `${10 ** (p - 6)}M` : `1e${p}`);

    const draw = () => {
      const panels = chosen.size ? [{ name: "Chosen arms", arms: [...chosen].sort((a, b) => a - b) }] : data.panels;
      plots = [];
      let out = "";
      let y = 0;
      for (const panel of panels) {
        const most = Math.max(0, ...panel.arms.map((a) => arms[a].weights.length));
        if (!most) continue;
        out += `<text x="0" y="${y + 14}" font-size="12.5" font-weight="600" fill="var(--text)">${escape(panel.name)}</text>`;
        y += 24;
        const columns = width >= 600 ? Math.min(2, most) : 1;
        const column = (width - 28 * (columns - 1)) / columns;
        let lowest = y;
        for (let layer = 0; layer < most; layer++) {
          if (layer && layer % columns === 0) y = lowest + 14;
          const [drawn, bottom] = histogram(panel.arms.filter((a) => arms[a].weights[layer]), layer, (layer % columns) * (column + 28), y, column);
          out += drawn;
          lowest = Math.max(lowest, bottom);
        }
        y = lowest + 22;
      }
      if (!y) {
        out = words(0, 14, "No weights were recorded for these arms.");
        y = 24;
      }
      live.innerHTML = svg(width, y, "Weights by layer", out);
      read();
    };

    const histogram = (list, layer, x0, top, wide) => {
      const of = list.map((a) => arms[a].weights[layer]);
      const target = Math.max(...of.map((w) => w.width));
      const bins = of.map((w) => coarser(w, target));
      const first = Math.min(...bins.map((b) => b.first));
      const last = Math.max(...bins.map((b) => b.first + b.counts.length));
      const [left, right, up, bottom] = [x0 + 34, x0 + wide, top + 20, top + 150];
      const x = scale([first * target, last * target], [left, right]);
      const counts = bins.flatMap((b) => b.counts).filter((c) => c > 0);
      const low = counts.length ? Math.log10(counts.reduce((a, b) => Math.min(a, b))) - 0.3 : 0;
      const log = scale([low, Math.log10(counts.reduce((a, b) => Math.max(a, b), 1)) + 0.1], [bottom, up]);
      const y = (c) => log(c > 0 ? Math.log10(c) : -Infinity);
      let out = words(x0, top + 10, `${of[0].name}, ${of[0].shape.join(" × ")}`);
      const step = Math.max(1, Math.ceil((log.domain[1] - log.domain[0]) / 5));
      for (let p = Math.ceil(log.domain[0]); p <= Math.floor(log.domain[1]); p += step)
        out += line([[left, y(10 ** p)], [right, y(10 ** p)]], "var(--grid)", 1) + words(left - 5, y(10 ** p) + 4, power(p), END);
      out += line([[left, bottom], [right, bottom]], "var(--axis)", 1);
      for (const [v, label] of ticks(x.domain, wide > 300 ? 6 : 4)) out += line([[x(v), bottom], [x(v), bottom + 4]], "var(--axis)", 1) + words(x(v), bottom + 16, label, MIDDLE);
      list.forEach((a, i) => {
        const b = bins[i];
        const edge = (j) => x((b.first + j) * target);
        let points = [];
        b.counts.forEach((c, j) => {
          if (c > 0 && !points.length) points.push([edge(j), y(0)]);
          if (c > 0) points.push([edge(j), y(c)], [edge(j + 1), y(c)]);
          if (points.length && !(b.counts[j + 1] > 0)) {
            out += line([...points, [edge(j + 1), y(0)]], colour(a), 1.5);
            points = [];
          }
        });
      });
      out += words((left + right) / 2, bottom + 31, "weight; count a bin, log scale", MIDDLE);
      let at = bottom + 48;
      const columns = [[right - 190, "std"], [right - 98, "1–99 %"], [right - 50, "largest"], [right, "near 0"]];
      for (const [end, head] of columns) out += words(end, at, head, END);
      list.forEach((a, i) => {
        at += 16;
        const w = of[i];
        out += line([[x0, at - 4], [x0 + 14, at - 4]], colour(a), 2.5);
        out += `<text x="${n1(x0 + 19)}" y="${n1(at)}" font-size="11" fill="var(--text)">${escape(fit(arms[a].name, 11, wide - 248))}</text>`;
        const figures = [short(w.std), `${short(w.q01, 2)}…${short(w.q99, 2)}`, short(w.max_abs), `${fixed(w.near_zero === null ? null : w.near_zero * 100, 1)} %`];
        columns.forEach(([end], c) => (out += `<text x="${n1(end)}" y="${n1(at)}" font-size="11" fill="var(--text)" ${END}>${escape(figures[c])}</text>`));
      });
      const index = plots.length;
      plots.push({ list, bins, first, last, width: target, left, right, top: up, bottom, name: of[0].name });
      if (cursor && cursor[0] === index) {
        const middle = x((cursor[1] + 0.5) * target);
        out += line([[middle, up], [middle, bottom]], "var(--text)", 1, 'data-cursor="" opacity="0.5"');
      }
      return [out, at];
    };

    const read = () => {
      const plot = cursor && plots[cursor[0]];
      if (!plot) {
        readout.innerHTML = "<p>Point at a histogram, or focus it and use the arrow keys, to read a bin.</p>";
        return;
      }
      const bin = cursor[1];
      const counts = plot.list.map((a, i) => {
        const b = plot.bins[i];
        return `<b>${escape(arms[a].name)}</b> ${Math.round((b.counts[bin - b.first] || 0) * 10) / 10} (n = ${arms[a].n})`;
      });
      readout.innerHTML = `<p>${escape(plot.name)}, ${short(bin * plot.width)} to ${short((bin + 1) * plot.width)}: ${counts.join(", ")}</p>`;
    };
    const move = (plot, bin) => {
      const p = plots[plot];
      if (!p) return;
      cursor = [plot, Math.max(p.first, Math.min(p.last - 1, bin))];
      draw();
    };
    live.addEventListener("pointermove", (event) => {
      const box = live.getBoundingClientRect();
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      const index = plots.findIndex((p) => px >= p.left && px <= p.right && py >= p.top && py <= p.bottom + 20);
      if (index < 0) return;
      const p = plots[index];
      move(index, Math.floor(p.first + ((px - p.left) / (p.right - p.left)) * (p.last - p.first)));
    });
    live.addEventListener("keydown", (event) => {
      const [plot, bin] = cursor || [0, plots[0] ? Math.floor((plots[0].first + plots[0].last) / 2) : 0];
      const to = { ArrowRight: [plot, bin + 1], ArrowLeft: [plot, bin - 1], ArrowDown: [plot + 1, bin], ArrowUp: [plot - 1, bin] }[event.key];
      if (!to || !plots[to[0]]) return;
      event.preventDefault();
      move(...to);
    });
    controls.append(
      chips("Compare other arms", chosen, () => {
        cursor = null;
        draw();
      }),
    );
    onWidth((w) => {
      width = w;
      draw();
    });
  };

  // ---- tables --------------------------------------------------------------

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };

  const tables = () => {
    for (const table of document.querySelectorAll(".table table")) {
      const body = table.tBodies[0];
      const key = (row, i) => {
        const cell = row.cells[i];
        const value = cell.dataset.key;
        return value === undefined ? cell.textContent : value === "" ? null : Number(value);
      };
      [...table.tHead.rows[0].cells].forEach((head, i) => {
        const numeric = body.rows[0] && body.rows[0].cells[i].classList.contains("n");
        if (numeric) head.classList.add("n");
        const button = make("button", { type: "button" }, head.innerHTML);
        head.replaceChildren(button);
        button.addEventListener("click", () => {
          const up = head.getAttribute("aria-sort") !== "ascending";
          for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
          head.setAttribute("aria-sort", up ? "ascending" : "descending");
          const rows = [...body.rows].sort((a, b) => {
            const [x, y] = [key(a, i), key(b, i)];
            if (x === null || y === null) return (x === null) - (y === null);
            const order = typeof x === "number" ? x - y : x.localeCompare(y);
            return up ? order : -order;
          });
          body.append(...rows);
        });
      });
      const button = make("button", { type: "button", class: "copy" }, "Copy as tab-separated text");
      button.addEventListener("click", async () => {
        await copy([...table.rows].map((row) => [...row.cells].map((c) => c.textContent).join("\t")).join("\n"));
        button.textContent = "Copied";
        setTimeout(() => (button.textContent = "Copy as tab-separated text"), 1500);
      });
      const box = make("div", { class: "controls" });
      box.append(button);
      table.parentElement.before(box);
    }
  };

  // ---- light and dark ------------------------------------------------------

  const theme = () => {
    const root = document.documentElement;
    const button = make("button", { type: "button", id: "theme" });
    const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
    const name = () => (button.textContent = dark() ? "Light" : "Dark");
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      name();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
    name();
    document.querySelector("header").append(button);
  };

  theme();
  effects();
  curves();
  weights();
  tables();
})();
