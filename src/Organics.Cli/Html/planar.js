"use strict";

// One neuron pair with recurrent weight wr under a constant input (docs/theory.md, "One pair"): the library's PlanarCircuit, PlanarRoots and
// MonotoneRoot in the browser's numbers, without the proofs. A test compares the two. A pair is { wr, w, b, b0, sigma, z, tauY, tauA, rectified }.
const planar = (() => {
  const precision = 2 ** -52, least = 2.2250738585072014e-308, largest = Number.MAX_VALUE;

  // Where rounding errors could turn a sign, relative to the terms it is made of, there is no verdict.
  const doubt = 1e-13;

  const twoThirds = x => Math.cbrt(x) ** 2;

  // wr·k + 1 − wr, the product without its rounding (Dekker 1971): where the recurrent gain at √a = k is near 1, only digits behind it are left.
  function leakAt(wr, k) {
    const split = x => {
      const t = 134217729 * x, high = t - (t - x);
      return [high, x - high];
    };
    const p = wr * k, [a, b] = split(wr), [c, d] = split(k);
    return p + (1 - wr) + (((a * c - p) + a * d + b * c) + b * d);
  }

  // The zero of an increasing function of x in [low, high], by Newton's method in log x within a bracket; f gives [value, slope by log x].
  function monotoneRoot(f, low, high) {
    high = Math.min(high, largest);
    low = Math.min(Math.max(low, least), high);
    let x = high;
    for (let step = 0; step < 400; step++) {
      const [value, slope] = f(x);
      if (value === 0) break;
      if (value > 0) high = x;
      else low = x;
      let next = x * Math.exp(-value / slope);
      if (!(next > low && next < high)) next = Math.sqrt(low) * Math.sqrt(high);
      const done = Math.abs(next - x) <= precision * x || next <= low || next >= high;
      x = next;
      if (done) break;
    }
    return x;
  }

  // Everything that the roots s = √a are made of.
  function terms(pair) {
    const { wr } = pair, k = pair.b0 * pair.sigma, g = pair.b * pair.z, theta = (wr - 1) / wr, leakAtK = leakAt(wr, k);
    const drive = Math.sqrt(pair.w) * Math.abs(g), gap = wr === 0 ? -Infinity : -leakAtK / wr, fold = twoThirds(k) * Math.cbrt(theta);
    const margin = twoThirds(drive) + twoThirds(wr * k) - twoThirds(wr - 1);
    const atFold = Math.abs(margin) <= 8 * precision * twoThirds(wr - 1);
    return { wr, k, g, c: k * k, theta, leakAtK, drive, gap, fold, margin, atFold, hasExtra: gap > 0 && margin < 0 && !atFold };
  }

  // A root is { s, excess: s − k, leak: 1 − wr + wr·s = g/y, fromFold: s − (cθ)^⅓ on the two extra branches, else null }.
  function search(t, fromTheta, direction, low, high, offset) {
    const start = fromTheta ? t.theta : t.k, excess = fromTheta ? t.gap : 0, leak = fromTheta ? 0 : t.leakAtK;
    const at = distance => {
      const d = direction * distance;
      return { s: start + d, excess: excess + d, leak: leak + t.wr * d, fromFold: offset === null ? null : offset + d };
    };
    return at(monotoneRoot(distance => {
      const { s, excess: e, leak: l } = at(distance), d = direction * distance;
      return [
        Math.log(Math.sqrt(e / s) * Math.sqrt((s + t.k) / s) * (Math.abs(l) / t.drive)),
        d / e / 2 + d / (s + t.k) / 2 - d / s + t.wr * d / l,
      ];
    }, low, high));
  }

  const lowerReach = t => t.k * t.k * t.gap / (t.fold * t.fold + t.fold * t.k + t.k * t.k);

  function lower(t) {
    const ratio = t.drive / t.leakAtK;
    return search(t, false, 1, t.k / 2 * ratio * ratio, lowerReach(t), -lowerReach(t));
  }

  function upper(t) {
    const reach = t.theta * t.gap * (t.theta + t.k) / (t.theta * t.theta + t.theta * t.fold + t.fold * t.fold);
    return search(t, true, -1, t.drive / Math.abs(t.wr), reach, reach);
  }

  function main(t) {
    if (t.wr === 0) {
      const root = Math.sqrt((1 - t.drive) * (1 + t.drive));
      return { s: t.k / root, excess: t.k * t.drive * t.drive / (root * (1 + root)), leak: 1, fromFold: null };
    }
    // Above high both factors of the equation's left side are large enough.
    const beyond = Math.SQRT2 * t.drive / Math.abs(t.wr);
    if (t.gap > 0) return search(t, true, 1, t.drive / Math.abs(t.wr), 1.001 * Math.max(Math.SQRT2 * t.k - t.theta, beyond), null);
    const high = 1.001 * Math.max((Math.SQRT2 - 1) * t.k, beyond + t.gap), ratio = t.drive / (Math.abs(t.leakAtK) + Math.abs(t.wr) * high);
    return search(t, false, 1, t.k / 2 * ratio * ratio, high, null);
  }

  // The type of a fixed point with the Jacobian [[p, ·], [·, q]], the product of whose other entries and whose determinant are known to more digits.
  function point(y, a, p, q, product, determinant, determinantDoubt) {
    const trace = p + q, half = (p - q) / 2, discriminant = determinant < 0 ? trace * trace / 4 - determinant : half * half + product;
    const known = (x, scale) => Math.abs(x) <= doubt * scale ? 0 : Math.sign(x);
    const traceIs = known(trace, Math.abs(p) + Math.abs(q)), determinantIs = determinantDoubt ? 0 : Math.sign(determinant);
    if (discriminant < 0) {
      const im = Math.sqrt(-discriminant), type = traceIs === 0 || determinantIs <= 0 ? "Degenerate" : traceIs < 0 ? "StableFocus" : "UnstableFocus";
      return { y, a, eigenvalues: [[trace / 2, im], [trace / 2, -im]], type };
    }
    const root = Math.sqrt(discriminant), outer = trace / 2 + (trace < 0 ? -root : root), inner = outer === 0 ? 0 : determinant / outer;
    const type = determinantIs < 0 ? "Saddle" : determinantIs === 0 || traceIs === 0 ? "Degenerate" : traceIs < 0 ? "StableNode" : "UnstableNode";
    return { y, a, eigenvalues: [[Math.max(outer, inner), 0], [Math.min(outer, inner), 0]], type };
  }

  function pointAt(pair, t, { s, excess, leak, fromFold }, y) {
    const rest = (t.k / s) ** 2, suppressed = excess / s * ((s + t.k) / s);
    // Away from the extra branches the determinant is a sum of terms of one sign.
    const scaled = fromFold !== null ? t.wr * fromFold * (1 + t.fold / s + (t.fold / s) ** 2) : leak * rest + t.wr * s * suppressed;
    const isOpen = fromFold !== null ? Math.abs(fromFold) <= doubt * t.fold : scaled === 0;
    return point(y, s * s, -leak / pair.tauY, -rest / pair.tauA, -t.wr * s * suppressed / pair.tauY / pair.tauA, scaled / pair.tauY / pair.tauA, isOpen);
  }

  // All fixed points, as the library orders them: { y, a, eigenvalues: [[re, im], [re, im]], type }.
  function fixedPoints(pair) {
    const t = terms(pair), points = [];
    const add = (root, y) => {
      const found = pointAt(pair, t, root, y ?? t.g / root.leak);
      if (!pair.rectified || found.y >= 0) points.push(found);
    };
    if (pair.rectified && t.g < 0) points.push(point(t.g, t.c, -1 / pair.tauY, -1 / pair.tauA, 0, 1 / pair.tauY / pair.tauA, false));
    if (t.drive === 0) {
      if (t.leakAtK !== 0 || t.g === 0) add({ s: t.k, excess: 0, leak: t.leakAtK, fromFold: null }, t.g === 0 ? 0 : t.g / t.leakAtK);
      if (pair.w > 0 && t.gap > 0) {
        const y = Math.sqrt(t.gap / t.theta * ((t.theta + t.k) / t.theta) / pair.w), root = { s: t.theta, excess: t.gap, leak: 0, fromFold: null };
        add(root, -y);
        add(root, y);
      }
      return points;
    }
    if (t.hasExtra) {
      add(lower(t));
      add(upper(t));
    } else if (t.gap > 0 && t.atFold) add({ s: t.fold, excess: lowerReach(t), leak: t.wr * (t.fold - t.theta), fromFold: 0 });
    if (t.wr !== 0 || t.drive < 1) add(main(t));
    return points;
  }

  const active = (pair, y) => pair.rectified ? Math.max(y, 0) : y;

  // [dy/dt, da/dt].
  function rate(pair, y, a) {
    const f = active(pair, y), positive = Math.max(a, 0), c = (pair.b0 * pair.sigma) ** 2;
    return [(pair.b * pair.z - y + (1 - Math.sqrt(positive)) * pair.wr * f) / pair.tauY, (c - a + pair.w * positive * f * f) / pair.tauA];
  }

  // The y at which dy/dt = 0 for every a; null where there is none.
  const verticalNullcline = pair => pair.wr === 0 || pair.z === 0 || (pair.rectified && pair.z < 0) ? pair.b * pair.z : null;

  // The a at which dy/dt = 0; NaN where there is none.
  function yNullcline(pair, y) {
    if (pair.wr === 0 || y === verticalNullcline(pair) || (pair.rectified && y < 0)) return NaN;
    const s = (pair.wr - 1) / pair.wr + pair.b * pair.z / (pair.wr * y);
    return s >= 0 && isFinite(s) ? s * s : NaN;
  }

  // The a at which da/dt = 0; NaN where da/dt > 0 for every a.
  function aNullcline(pair, y) {
    const f = active(pair, y), rest = 1 - pair.w * f * f;
    return rest > 0 ? (pair.b0 * pair.sigma) ** 2 / rest : NaN;
  }

  const names = {
    StableNode: "stable node", StableFocus: "stable focus", UnstableNode: "unstable node", UnstableFocus: "unstable focus", Saddle: "saddle",
    Degenerate: "not decided",
  };

  const isStable = p => p.type === "StableNode" || p.type === "StableFocus";

  // What the fixed points come to, in a sentence.
  function verdict(points) {
    if (points.length === 0) return "No fixed point.";
    const stable = points.filter(isStable).length, open = points.filter(p => p.type === "Degenerate").length;
    if (points.length === 1) {
      const name = names[points[0].type];
      return `One fixed point, ${open ? "too near to a bifurcation to decide" : `${name[0] === "u" ? "an" : "a"} ${name}`}.`;
    }
    return `${points.length === 2 ? "Two" : "Three"} fixed points, ${stable} stable${open > 0 ? `, ${open} not decided` : ""}.`;
  }

  return { fixedPoints, rate, yNullcline, aNullcline, verticalNullcline, isStable, verdict, names };
})();
