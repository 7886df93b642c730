"use strict";

// Draws the charts of a page from the data in it. A chart's kind is one of lines (curves over a common axis), plane (points and curves in a plane), map
// (a matrix in colours), field (colours and contours over two parameters) and portrait (the phase portrait of one pair, with sliders); where it goes is the
// element with its number.
const page = (() => {
  const charts = new Map(), zooms = new Map(), tall = 320, dashes = [[], [9, 4], [3, 3], [12, 4, 3, 4], [6, 3], [2, 5]];
  const strokes = ["solid", "dashed", "dotted", "double"];
  let data = JSON.parse(document.getElementById("data").textContent);

  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const colours = () => [0, 1, 2, 3, 4, 5].map(i => colour(`series-${i}`));

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // Five digits, and no more of them than tell.
  function number(x) {
    if (x === null || x === undefined || !Number.isFinite(x)) return "–";
    const size = Math.abs(x), text = size !== 0 && (size < 1e-3 || size >= 1e6) ? Number(x.toPrecision(4)).toExponential() : `${Number(x.toPrecision(5))}`;
    return text.replace("e+", "e").replaceAll("-", "−");
  }

  const complex = ([re, im]) => im === 0 ? number(re) : `${number(re)} ${im < 0 ? "−" : "+"} ${number(Math.abs(im))}i`;

  // A chart of uPlot with axes in the page's colours, zoom by dragging or by the keys, and a button that takes it back.
  function plot(place, chart, options, values) {
    const axis = label => ({
      label, labelSize: 24, labelFont: font(13), font: font(12), stroke: colour("muted"), size: 44,
      grid: { stroke: colour("grid"), width: 1, filter: decades }, ticks: { stroke: colour("frame"), width: 1, size: 5, filter: decades },
      values: (_, ticks) => ticks.map(t => t === null ? "" : number(t)),
    });
    const size = { width: Math.max(240, place.clientWidth), height: options.height ?? tall };
    const whole = element("button", { type: "button", class: "whole", hidden: "" }, "Show all");
    const u = new uPlot({
      ...size, ...options, axes: [{ ...axis(chart.x), ...options.x }, { ...axis(chart.y), size: 70 }],
      cursor: { drag: { x: true, y: options.zoomsBoth ?? false, uni: 40 }, focus: { prox: 24 }, ...options.cursor },
      hooks: { ...options.hooks, setSelect: [u => { if (u.select.width > 0 || u.select.height > 0) whole.hidden = false; }] },
    }, values, place);
    const reset = () => {
      u.setData(u.data, true);
      whole.hidden = true;
    };
    whole.addEventListener("click", reset);
    u.over.addEventListener("dblclick", () => { whole.hidden = true; });
    place.append(whole);
    if (zooms.has(chart.label)) {
      for (const [scale, range] of Object.entries(zooms.get(chart.label))) u.setScale(scale, range);
      whole.hidden = false;
    }
    label(u.ctx.canvas, chart);
    u.root.querySelector(".u-legend")?.setAttribute("aria-label", `Legend of ${chart.label.split(". ")[0]}, and values under the cursor`);
    place.onkeydown = event => {
      if (event.target !== place) return;
      const [to, from] = u.scales.x.distr === 3 ? [Math.log, Math.exp] : [v => v, v => v];
      const min = to(u.scales.x.min), max = to(u.scales.x.max), middle = (min + max) / 2, half = (max - min) / 2;
      const set = (low, high) => {
        u.setScale("x", { min: from(low), max: from(high) });
        whole.hidden = false;
      };
      if (event.key === "+") set(middle - half / 2, middle + half / 2);
      else if (event.key === "-") set(middle - 2 * half, middle + 2 * half);
      else if (event.key === "ArrowLeft") set(min - half / 2, max - half / 2);
      else if (event.key === "ArrowRight") set(min + half / 2, max + half / 2);
      else if (event.key === "Escape") reset();
      else return;
      event.preventDefault();
    };
    return u;
  }

  // Over more than four decades whole ones alone have a line.
  function decades(u, splits, axis) {
    const scale = u.scales[u.axes[axis].scale], isWhole = at => Math.abs(Math.log10(at) - Math.round(Math.log10(at))) < 1e-9;
    return scale.distr === 3 && scale.max > 1e4 * scale.min ? splits.map(at => isWhole(at) ? at : null) : splits;
  }

  const font = size => `${size}px system-ui, sans-serif`;

  function label(canvas, chart) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", chart.label);
  }

  const kinds = {
    lines(place, chart) {
      // What has no points keeps its colour from the others, and is not named.
      const shown = colours(), series = chart.series.map((s, i) => ({ ...s, i })).filter(s => s.x.length > 0);
      const values = series.length === 0 ? [[]] : uPlot.join(series.map(s => [s.x, s.y.map(y => chart.logarithmic && !(y > 0) ? null : y)]));
      const isWhole = values[0].every(Number.isInteger), known = values.slice(1).flat().filter(y => y > 0);
      // Within a decade a logarithmic scale has next to no ticks, and is next to straight.
      const isLogarithmic = chart.logarithmic && known.length > 0 && known.reduce((a, b) => Math.max(a, b)) > 10 * known.reduce((a, b) => Math.min(a, b));
      return plot(place, chart, {
        scales: {
          x: chart.logarithmicX ? { time: false, distr: 3, range: exact } : { time: false },
          y: isLogarithmic ? { distr: 3, range: (u, min, max) => [min / 1.15, max * 1.15] } : {},
        },
        legend: {
          live: true,
          markers: {
            width: 3, dash: (u, k) => strokes[k === 0 ? 0 : series[k - 1].dashed ? 1 : Math.min(3, Math.floor(series[k - 1].i / 6))],
          },
        },
        series: [
          { label: chart.x, value: (_, v) => number(v) },
          ...series.map(({ i, ...s }) => ({
            label: s.name, stroke: shown[i % 6], width: 2, dash: s.dashed ? [7, 5] : dashes[Math.floor(i / 6) % 6], value: (_, v) => number(v),
            points: { show: s.x.length === 1 || (values[0].length <= 40 && series.length <= 4), size: 6, fill: shown[i % 6] }, spanGaps: false,
          })),
        ],
        hooks: chart.limit === null ? {} : { draw: [u => line(u, [u.scales.x.min, u.scales.x.max], [chart.limit, chart.limit], colour("ink"), 1.5, [])] },
        ...(isWhole ? { x: { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] } } : {}),
      }, values);
    },

    plane(place, chart) {
      const shown = colours(), readout = element("p", { class: "readout" }, "\u00a0"), isRing = s => s.mark === "filled" || s.mark === "open";
      const points = chart.series.flatMap((s, i) => s.x.map((x, k) => ({ x, y: s.y[k], name: s.name, isRing: isRing(s) }))
        .filter(p => p.x !== null && p.y !== null));
      const [xs, ys] = extent(chart, points);
      const legend = element("ul", { class: "legend" }, ...chart.series.map((s, i) => {
        const key = element("span", { class: `key ${s.mark}${s.dashed ? " dashed" : ""}` });
        key.style.color = isRing(s) ? colour("ink") : shown[i % 6];
        return element("li", {}, key, s.name);
      }));
      const u = plot(place, chart, {
        ...plane(), height: 360,
        hooks: {
          drawClear: [u => { if (chart.stable) shade(u); }],
          draw: [u => {
            if (chart.stable) line(u, [0, 0], [u.scales.y.min, u.scales.y.max], colour("ink"), 1.5, []);
            chart.series.forEach((s, i) => {
              if (s.mark === "line") line(u, s.x, s.y, shown[i % 6], 2, s.dashed ? [7, 5] : []);
              else if (isRing(s)) s.x.forEach((x, k) => ring(u, x, s.y[k], s.mark === "filled"));
              else dots(u, s.x, s.y, shown[i % 6], s.x.length > 2000 ? 1.5 : s.x.length > 200 ? 2.2 : 4);
            });
          }],
          setCursor: [u => {
            const near = nearest(u, points);
            readout.textContent = near ? `${near.name}: ${chart.x} ${number(near.x)}, ${chart.y} ${number(near.y)}` : "\u00a0";
          }],
        },
      }, [xs, ys]);
      if (chart.series.length > 1) place.append(legend);
      place.append(readout);
      return u;
    },

    map(place, chart) {
      const canvas = element("canvas"), readout = element("p", { class: "readout" }, "\u00a0"), { rows, columns, values } = chart;
      const side = Math.min(place.clientWidth, 420), ratio = window.devicePixelRatio, { shade, bar } = shades(chart);
      const cell = side / Math.max(rows, columns), [wide, high_] = [cell * columns, cell * rows];
      [canvas.width, canvas.height] = [wide * ratio, high_ * ratio];
      [canvas.style.width, canvas.style.height] = [`${wide}px`, `${high_}px`];
      const c = canvas.getContext("2d");
      values.forEach((v, k) => {
        const [i, j] = [Math.floor(k / columns), k % columns];
        c.fillStyle = shade(v);
        const [left, top] = [Math.round(j * cell * ratio), Math.round(i * cell * ratio)];
        c.fillRect(left, top, Math.round((j + 1) * cell * ratio) - left, Math.round((i + 1) * cell * ratio) - top);
      });
      canvas.addEventListener("mousemove", event => {
        const [i, j] = [Math.floor(event.offsetY / cell), Math.floor(event.offsetX / cell)];
        if (i >= 0 && i < rows && j >= 0 && j < columns)
          readout.textContent = `${chart.y} ${i}, ${chart.x} ${j}: ${number(values[i * columns + j])}`;
      });
      label(canvas, chart);
      place.append(bar, canvas,
        element("p", { class: "scale" }, `Rows: ${chart.y}, from the top; columns: ${chart.x}, from the left.`), readout);
      return { destroy() {} };
    },

    field(place, chart) {
      const { xs, ys, xEdges, yEdges, values, series } = chart, { shade, bar } = shades(chart), readout = element("p", { class: "readout" }, "\u00a0");
      const ends = edges => [edges[0], edges.at(-1)], cell = (edges, at) => edges.findIndex((edge, k) => at >= edge && at < edges[k + 1]);
      const scale = isLogarithmic => ({ time: false, distr: isLogarithmic ? 3 : 1, range: exact });
      place.append(bar);
      const u = plot(place, chart, {
        ...plane(), scales: { x: scale(chart.logarithmicX), y: scale(chart.logarithmicY) }, height: 420,
        hooks: {
          draw: [u => {
            within(u, c => values.forEach((v, k) => {
              const i = Math.floor(k / xs.length), j = k % xs.length, place = (edges, at, axis) => Math.round(u.valToPos(edges[at], axis, true));
              const [left, right] = [place(xEdges, j, "x"), place(xEdges, j + 1, "x")], [low, high] = [place(yEdges, i, "y"), place(yEdges, i + 1, "y")];
              c.fillStyle = shade(v);
              c.fillRect(left, high, right - left, low - high);
            }));
            // On any colour, in either mode.
            series.forEach((s, k) => {
              line(u, s.x, s.y, "#ffffff", k === 0 ? 5 : 3, []);
              line(u, s.x, s.y, "#1f2933", k === 0 ? 2.5 : 1.5, []);
            });
          }],
          setCursor: [u => {
            const { left, top } = u.cursor, isIn = left >= 0 && top >= 0;
            const j = isIn ? cell(xEdges, u.posToVal(left, "x")) : -1, i = isIn ? cell(yEdges, u.posToVal(top, "y")) : -1;
            readout.textContent = i < 0 || j < 0 ? "\u00a0"
              : `${chart.x} ${number(xs[j])}, ${chart.y} ${number(ys[i])}: ${chart.value} ${number(values[i * xs.length + j])}`;
          }],
        },
      }, [ends(xEdges), ends(yEdges)]);
      place.append(element("ul", { class: "legend" }, ...series.filter(s => s.x.length > 0).map(s => {
        const key = element("span", { class: `key line${s === series[0] ? " strong" : ""}` });
        return element("li", {}, key, s.name);
      })), readout);
      return u;
    },

    portrait(place, chart) {
      // What the sliders say stays when the chart is drawn again.
      const pair = chart.now ??= { ...chart.pair }, start = chart.pair;
      const verdict = element("p", { class: "verdict", role: "status" }), body = element("tbody");
      const heads = ["y", "a", "type", "eigenvalues"].map(name => element("th", { scope: "col", class: name === "type" ? "word" : "" }, name));
      const table = element("table", {}, element("caption", {}, "Fixed points"), element("thead", {}, element("tr", {}, ...heads)), body);
      const field = element("fieldset", { class: "sliders" }, element("legend", {}, "Parameters"));
      const redraws = chart.sliders.map(slider => {
        const id = `slider-${slider.name}`, shown = element("output", { for: id });
        const input = element("input", { type: "range", id, min: 0, max: 1000, step: 1 });
        const put = () => {
          input.value = slider.logarithmic ? 1000 * Math.log(pair[slider.name] / slider.min) / Math.log(slider.max / slider.min)
            : 1000 * (pair[slider.name] - slider.min) / (slider.max - slider.min);
          say();
        };
        const say = () => {
          shown.textContent = number(pair[slider.name]);
          input.setAttribute("aria-valuetext", shown.textContent);
        };
        input.addEventListener("input", () => {
          const part = input.value / 1000;
          // To three digits: no more can be meant by a slider.
          pair[slider.name] = Number((slider.logarithmic ? slider.min * (slider.max / slider.min) ** part
            : slider.min + part * (slider.max - slider.min)).toPrecision(3));
          say();
          follow();
        });
        field.append(element("label", { for: id }, slider.label), input, shown);
        return put;
      });
      const back = element("button", { type: "button" }, "As at the start");
      back.addEventListener("click", () => {
        Object.assign(pair, start);
        redraws.forEach(put => put());
        follow();
      });
      field.append(back);
      let view = look(pair);
      const canvas = element("div");
      place.append(field, verdict, canvas, table);
      const u = plot(canvas, chart, {
        ...plane(), height: 420,
        hooks: { draw: [u => portrait(u, pair, view)] },
      }, [[-view.wide, view.wide], [0, view.high]]);
      const shown = colours();
      canvas.append(element("ul", { class: "legend" }, ...[
        ["line", shown[0], "dy/dt = 0"], ["line dashed", shown[1], "da/dt = 0"], ["line", colour("faint"), "trajectories"], ["filled", colour("ink"), "stable"],
        ["open", colour("ink"), "unstable, or not decided"],
      ].map(([sort, c, name]) => {
        const key = element("span", { class: `key ${sort}` });
        key.style.color = c;
        return element("li", {}, key, name);
      })));
      function follow() {
        view = look(pair);
        u.setData([[-view.wide, view.wide], [0, view.high]], true);
        tell();
      }
      function tell() {
        verdict.textContent = planar.verdict(view.points);
        body.replaceChildren(...view.points.map(p => element("tr", {}, element("th", { scope: "row" }, number(p.y)), element("td", {}, number(p.a)),
          element("td", { class: "word" }, planar.names[p.type]), element("td", {}, p.eigenvalues.map(complex).join(", ")))));
      }
      redraws.forEach(put => put());
      tell();
      return u;
    },
  };

  // What a window holds: all fixed points, the origin and some room around them.
  function look(pair) {
    const points = planar.fixedPoints(pair), c = (pair.b0 * pair.sigma) ** 2;
    return {
      points, wide: 1.4 * Math.max(0.5, ...(points.length > 0 ? points.map(p => Math.abs(p.y)) : [1])),
      high: 1.6 * Math.max(2 * c, ...(points.length > 0 ? points.map(p => p.a) : [1])),
    };
  }

  function portrait(u, pair, { points, wide, high }) {
    const shown = colours(), steps = 400, { min, max } = u.scales.x;
    arrows(u, pair, wide, high);
    for (const y of [-0.95, -0.5, 0, 0.5, 0.95])
      for (const a of [0.03, 0.4, 0.95]) {
        const [ys, as] = course(pair, y * wide, a * high, wide, high);
        line(u, ys, as, colour("faint"), 1, []);
      }
    const across = Array.from({ length: steps + 1 }, (_, i) => min + (max - min) * i / steps);
    // Near its asymptotes w·y² = 1 the nullcline of a is too steep for even steps in y: those for even steps in a are added.
    const c = (pair.b0 * pair.sigma) ** 2, top = Math.max(u.scales.y.max, 2 * c);
    const steep = pair.w > 0 ? Array.from({ length: steps }, (_, i) => Math.sqrt(Math.max(0, 1 - c / (c + (top - c) * (i + 1) / steps)) / pair.w)) : [];
    const fine = [...across, ...steep, ...steep.map(y => -y)].filter(y => y >= min && y <= max).sort((p, q) => p - q);
    line(u, across, across.map(y => planar.yNullcline(pair, y)), shown[0], 2.5, []);
    line(u, fine, fine.map(y => planar.aNullcline(pair, y)), shown[1], 2.5, [8, 4]);
    const vertical = planar.verticalNullcline(pair);
    if (vertical !== null) line(u, [vertical, vertical], [0, u.scales.y.max], shown[0], 2.5, []);
    for (const p of points) ring(u, p.y, p.a, planar.isStable(p));
  }

  function arrows(u, pair, wide, high) {
    const [across, up] = [17, 13], grid = [];
    for (let i = 0; i < across; i++)
      for (let j = 0; j < up; j++) {
        const y = wide * ((i + 0.5) * 2 / across - 1), a = high * (j + 0.5) / up, [dy, da] = planar.rate(pair, y, a);
        const speed = Math.hypot(dy / (2 * wide), da / high);
        if (speed > 0 && isFinite(speed)) grid.push({ y, a, dy: dy / (2 * wide) / speed, da: da / high / speed, speed });
      }
    const fastest = Math.max(...grid.map(g => g.speed));
    for (const g of grid) {
      const length = (0.25 + 0.5 * (g.speed / fastest) ** 0.3) / across;
      arrow(u, [g.y, g.a], [g.y + length * g.dy * 2 * wide, g.a + length * g.da * high]);
    }
  }

  // A trajectory by the classical Runge–Kutta method, in steps that neither leap in the window nor overshoot.
  function course(pair, y, a, wide, high) {
    const ys = [y], as = [a], duration = 40 * Math.max(pair.tauY, pair.tauA);
    for (let t = 0, step = 0; t < duration && step < 4000; step++) {
      const k1 = planar.rate(pair, y, a), speed = Math.hypot(k1[0] / wide, k1[1] / high), s = Math.sqrt(Math.max(a, 0));
      const stiff = (Math.abs(1 - pair.wr + pair.wr * s) + 1) / pair.tauY + (1 + pair.w * y * y) / pair.tauA;
      if (!(speed > 1e-7 / duration)) break;
      const h = Math.min(0.02 / speed, 0.8 / stiff, duration - t);
      const k2 = planar.rate(pair, y + h / 2 * k1[0], a + h / 2 * k1[1]), k3 = planar.rate(pair, y + h / 2 * k2[0], a + h / 2 * k2[1]);
      const k4 = planar.rate(pair, y + h * k3[0], a + h * k3[1]);
      y += h / 6 * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0]);
      a += h / 6 * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1]);
      if (!(Math.abs(y) < 3 * wide && a < 3 * high)) break;
      ys.push(y);
      as.push(a);
      t += h;
    }
    return [ys, as];
  }

  const exact = (u, min, max) => [min, max];

  // Numbers as colours of a palette, and a bar that says which.
  function shades({ values, palette, value }) {
    const known = values.filter(v => v !== null), of = (better, none) => known.reduce((a, b) => better(a, b), none);
    const low = of(Math.min, Infinity), high = of(Math.max, -Infinity);
    const shade = v => v === null ? colour("frame") : palette[Math.round((high > low ? (v - low) / (high - low) : 0) * (palette.length - 1))];
    const bar = element("span", { class: "bar" });
    bar.style.background = `linear-gradient(to right, ${palette.join(", ")})`;
    const missing = known.length < values.length ? ["; grey where there is no number"] : [];
    return { shade, bar: element("p", { class: "scale" }, `${value ? `${value}: ` : ""}${number(low)} `, bar, ` ${number(high)}`, ...missing) };
  }

  // The scales of a plane: the whole range comes from two corners, which are its data.
  function plane() {
    return {
      zoomsBoth: true, legend: { show: false }, scales: { x: { time: false, range: exact }, y: { range: exact } },
      series: [{}, { paths: () => null, points: { show: false } }], cursor: { points: { show: false } },
    };
  }

  function extent(chart, points) {
    if (points.length === 0) return [[-1, 1], [-1, 1]];
    const range = (of, needed) => {
      const all = [...needed, ...points.map(of)], low = all.reduce((a, b) => Math.min(a, b)), high = all.reduce((a, b) => Math.max(a, b));
      const room = (high > low ? high - low : Math.abs(high) || 1) * 0.06;
      return [low - room, high + room];
    };
    let xs = range(p => p.x, []), ys = range(p => p.y, []);
    if (chart.stable) {
      // The imaginary axis and some of the unstable half-plane are always in sight.
      const span = Math.max(xs[1], 0) - Math.min(xs[0], 0), tallest = Math.max(Math.abs(ys[0]), Math.abs(ys[1]));
      xs = [Math.min(xs[0], -0.12 * span), Math.max(xs[1], 0.12 * span)];
      ys = [-tallest, tallest];
    }
    return [xs, ys];
  }

  function nearest(u, points) {
    const { left, top } = u.cursor;
    if (left === undefined || left < 0) return null;
    let best = null, least = 20 * 20;
    for (const p of points) {
      const [dx, dy] = [u.valToPos(p.x, "x") - left, u.valToPos(p.y, "y") - top];
      // Within a ring there is nothing but the ring.
      const d = dx * dx + dy * dy - (p.isRing ? 36 : 0);
      if (d <= least) [best, least] = [p, d];
    }
    return best;
  }

  // Inside the frame of a plot, in pixels of its canvas.
  function within(u, draw) {
    const c = u.ctx;
    c.save();
    c.beginPath();
    c.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    c.clip();
    draw(c, uPlot.pxRatio);
    c.restore();
  }

  function shade(u) {
    within(u, c => {
      c.fillStyle = colour("stable");
      c.fillRect(u.bbox.left, u.bbox.top, u.valToPos(0, "x", true) - u.bbox.left, u.bbox.height);
    });
  }

  function line(u, xs, ys, stroke, width, dash) {
    within(u, (c, ratio) => {
      [c.strokeStyle, c.lineWidth, c.lineJoin] = [stroke, width * ratio, "round"];
      c.setLineDash(dash.map(d => d * ratio));
      c.beginPath();
      let isDown = false;
      xs.forEach((x, k) => {
        if (x === null || ys[k] === null || !isFinite(x) || !isFinite(ys[k])) {
          isDown = false;
          return;
        }
        c[isDown ? "lineTo" : "moveTo"](u.valToPos(x, "x", true), u.valToPos(ys[k], "y", true));
        isDown = true;
      });
      c.stroke();
    });
  }

  function dots(u, xs, ys, fill, radius) {
    within(u, (c, ratio) => {
      [c.fillStyle, c.globalAlpha] = [fill, 0.75];
      xs.forEach((x, k) => {
        if (x === null || ys[k] === null) return;
        c.beginPath();
        c.arc(u.valToPos(x, "x", true), u.valToPos(ys[k], "y", true), radius * ratio, 0, 2 * Math.PI);
        c.fill();
      });
    });
  }

  function ring(u, x, y, isFilled) {
    within(u, (c, ratio) => {
      [c.strokeStyle, c.fillStyle, c.lineWidth] = [colour("ink"), colour(isFilled ? "ink" : "paper"), 2 * ratio];
      c.beginPath();
      c.arc(u.valToPos(x, "x", true), u.valToPos(y, "y", true), 5.5 * ratio, 0, 2 * Math.PI);
      c.fill();
      c.stroke();
    });
  }

  function arrow(u, from, to) {
    within(u, (c, ratio) => {
      const [x0, y0, x1, y1] = [u.valToPos(from[0], "x", true), u.valToPos(from[1], "y", true), u.valToPos(to[0], "x", true), u.valToPos(to[1], "y", true)];
      const angle = Math.atan2(y1 - y0, x1 - x0), head = 4 * ratio;
      [c.strokeStyle, c.lineWidth] = [colour("frame"), ratio];
      c.beginPath();
      c.moveTo(x0, y0);
      c.lineTo(x1, y1);
      for (const side of [2.6, -2.6]) {
        c.moveTo(x1, y1);
        c.lineTo(x1 + head * Math.cos(angle + side), y1 + head * Math.sin(angle + side));
      }
      c.stroke();
    });
  }

  // Charts are made anew, and what was zoomed into is kept.
  function clear() {
    zooms.clear();
    for (const [place, chart] of charts) {
      if (place.querySelector(".whole:not([hidden])")) {
        const range = ({ min, max }) => ({ min, max });
        zooms.set(data.charts[place.dataset.chart].label, { x: range(chart.scales.x), y: range(chart.scales.y) });
      }
      chart.destroy();
    }
    charts.clear();
  }

  function draw() {
    clear();
    place();
  }

  function place() {
    for (const element of document.querySelectorAll("[data-chart]")) {
      const chart = data.charts[element.dataset.chart];
      element.replaceChildren();
      charts.set(element, kinds[chart.kind](element, chart));
    }
  }

  // Of a run that goes on: other content, with what is open left open.
  function renew(state) {
    const open = [...document.querySelectorAll("details[open]")].map(d => d.dataset.of);
    clear();
    document.querySelector("main").innerHTML = state.body;
    for (const details of document.querySelectorAll("details")) details.open = open.includes(details.dataset.of);
    data = state;
    place();
  }

  // Colours belong to canvases, which no style sheet reaches.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("print").addEventListener("change", draw);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    draw();
  });
  draw();
  return { renew };
})();
