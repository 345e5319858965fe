// The script's numbers against those of kl_helpers (cases.json) and of scipy.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as discrete from "../src/discrete.mjs";
import * as estimators from "../src/estimators.mjs";
import { alphaDivergenceOf, fitAlpha } from "../src/dial.mjs";
import { costWithDerivatives, fitReverse } from "../src/fit.mjs";
import { hillFits } from "../src/hill_prices.mjs";
import { jsNormal, klNormal } from "../src/gaussian.mjs";
import * as leash from "../src/leash.mjs";
import { pricesByHalf } from "../src/prices.mjs";
import { detour } from "../src/models/detour.mjs";
import { hills } from "../src/models/two_hills.mjs";
import { bestWidth, jsPlane, planeForward, planeReverse } from "../src/plane.mjs";
import { forwardKl, jsMixture, moments, reverseKl } from "../src/mixture.mjs";
import * as temperature from "../src/temperature.mjs";

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url)));
const cases = read("cases.json");
const oracle = read("oracle_cases.json");
const CLOSED = 1e-9; // relative, of closed forms
const QUADRATURE = 1e-7; // absolute, of integrals; of optima in mu and sigma 1e-4

function close(found, expected, what, relative = CLOSED, absolute = 1e-20) {
  const wanted = Number(expected);
  if (found === wanted) return;
  const error = Math.abs(found - wanted);
  assert.ok(
    error <= relative * Math.abs(wanted) + absolute,
    `${what}: found ${found}, expected ${wanted}`,
  );
}

test("discrete distributions", () => {
  for (const row of cases.discrete) {
    const { p, q } = row;
    const name = JSON.stringify([p, q]);
    close(discrete.klDivergence(p, q), row.kl, `kl ${name}`);
    close(discrete.klDivergence(q, p), row.reverse, `reverse ${name}`);
    close(discrete.jsDivergence(p, q), row.js, `js ${name}`);
    close(discrete.entropy(p), row.entropy, `entropy ${name}`);
    close(discrete.crossEntropy(p, q), row.cross_entropy, `cross-entropy ${name}`);
    const terms = discrete.klTerms(p, q).reduce((a, b) => a + b);
    close(terms, row.kl, `terms ${name}`, CLOSED, 1e-15);
  }
});

test("Gaussians", () => {
  for (const { p, q, kl, reverse } of cases.normal) {
    close(klNormal(p, q), kl, `kl ${JSON.stringify([p, q])}`);
    close(klNormal(q, p), reverse, `reverse ${JSON.stringify([p, q])}`);
  }
});

test("softmax at a temperature", () => {
  for (const { teacher, student, temperature: t, kl, reverse } of cases.temperature) {
    close(discrete.klFromLogits(teacher, student, t), kl, `kl at T = ${t}`);
    close(discrete.klFromLogits(student, teacher, t), reverse, `reverse at T = ${t}`);
  }
});

test("the gradient at a temperature is the slope of the KL", () => {
  for (const { teacher, student, temperature: t } of cases.temperature.slice(0, 18)) {
    const gradient = temperature.gradient(teacher, student, t);
    gradient.forEach((slope, i) => {
      const at = (h) => {
        const moved = student.map((z, j) => (j === i ? z + h : z));
        return discrete.klFromLogits(teacher, moved, t);
      };
      const measured = (at(1e-4) - at(-1e-4)) / 2e-4;
      close(slope, measured, `slope at T = ${t}`, 1e-5, 1e-8);
    });
  }
});

test("the best policy on a leash", () => {
  for (const { p, rewards, beta, policy, kl } of cases.leash) {
    const found = leash.policy(p, rewards, beta);
    found.forEach((q, i) => close(q, policy[i], `policy at β = ${beta}`));
    close(discrete.klDivergence(found, p), kl, `kl at β = ${beta}`, CLOSED, 1e-15);
  }
});

test("no other policy earns more after the price of its KL", () => {
  const worth = (q, { p, rewards, beta }) =>
    leash.average(q, rewards) - beta * discrete.klDivergence(q, p);
  for (const row of cases.leash) {
    const best = leash.policy(row.p, row.rewards, row.beta);
    for (let i = 0; i < best.length; i++) {
      const other = best.map((q, j) => 0.99 * q + (i === j ? 0.01 : 0));
      assert.ok(worth(other, row) < worth(best, row) + 1e-12);
    }
  }
});

test("a stop makes D(P‖Q) cheaper between P and Q alone, the root of JS nowhere", () => {
  const places = [0.01, 0.05, 0.2, 0.35, 0.5, 0.7, 0.95, 0.99];
  for (const p of places)
    for (const q of places)
      for (const m of places.filter((place) => place !== p && place !== q)) {
        const found = detour.compute({ p, q, m });
        const between = (p < m && m < q) || (q < m && m < p);
        assert.equal(found.detour < found.pair.forward, between, `${p}, ${q}, ${m}`);
        assert.ok(found.rootDetour >= found.root - 1e-12, `${p}, ${q}, ${m}`);
      }
});

test("a correlated bell and a round one", () => {
  for (const { rho, s, kl, reverse, js } of cases.plane) {
    close(jsPlane(rho, s), js, `js at ${rho}, ${s}`, 0, QUADRATURE);
    close(planeForward(rho, s), kl, `kl at ${rho}, ${s}`, CLOSED, 1e-13);
    close(planeReverse(rho, s), reverse, `reverse at ${rho}, ${s}`, CLOSED, 1e-13);
    const [forward, best] = [planeForward(rho, 1), planeReverse(rho, bestWidth(rho))];
    close(forward, best, `the least of both at ${rho}`, CLOSED, 1e-13);
    assert.ok(forward <= planeForward(rho, s) + 1e-13);
    assert.ok(best <= planeReverse(rho, s) + 1e-13);
  }
});

test("α-divergences of a mixture and a bell", () => {
  for (const { mixture, q, alpha, price } of cases.alpha)
    close(alphaDivergenceOf(q, mixture)(alpha), price, `at ${alpha}`, 1e-8, QUADRATURE);
});

test("every best bell of the dial that scipy finds, and no other", () => {
  for (const { alpha, d, w, minima } of oracle.dial) {
    const fits = fitAlpha(hills({ d, w }), alpha);
    const prices = fits.map(({ kl }) => kl);
    prices.slice(1).forEach((kl, i) => assert.ok(kl > prices[i] - 1e-9, "cheapest first"));
    sameBells(
      fits.sort((one, other) => one.mu - other.mu),
      minima,
      `α = ${alpha}, hills ${d} apart, weight ${w}`,
      1e-4,
    );
  }
});

test("k1, k2 and k3", () => {
  for (const row of cases.estimators)
    for (const name of ["k1", "k2", "k3"])
      estimators
        .valuesAt(name, row.first, row.second)
        .forEach((value, i) => close(value, row[name][i], name, CLOSED, 1e-14));
});

test("expected gradients of k1, k2, k3 are slopes of what they should be", () => {
  for (const { first, second } of cases.estimators) {
    const logits = first.map(Math.log);
    const slope = (f) =>
      logits.map((_, i) => {
        const at = (h) => f(discrete.softmax(logits.map((z, j) => z + (i === j ? h : 0))));
        return (at(1e-5) - at(-1e-5)) / 2e-5;
      });
    const own = slope((q) => discrete.klDivergence(q, second));
    const other = slope((q) => discrete.klDivergence(second, q));
    const matches = (found, wanted, what) =>
      found.forEach((g, i) => close(g, wanted[i], what, 1e-5, 1e-8));
    matches(estimators.klGradient(first, second), own, "D(first‖second)");
    matches(estimators.otherKlGradient(first, second), other, "D(second‖first)");
    matches(
      estimators.lossGradient("k1", first, second),
      first.map(() => 0),
      "k1",
    );
    matches(estimators.lossGradient("k2", first, second), own, "k2");
    matches(estimators.lossGradient("k3", first, second), other, "k3");
    const kl = discrete.klDivergence(first, second);
    close(estimators.exactMoments("k1", first, second).mean, kl, "mean of k1", 1e-9, 1e-14);
    close(estimators.exactMoments("k3", first, second).mean, kl, "mean of k3", 1e-9, 1e-14);
  }
});

test("a Gaussian against a mixture", () => {
  for (const { mixture, q, forward, reverse } of cases.mixture) {
    close(forwardKl(q, mixture), forward, "forward", 1e-9, QUADRATURE);
    close(reverseKl(q, mixture), reverse, "reverse", 1e-9, QUADRATURE);
  }
});

test("Jensen-Shannon divergences", () => {
  for (const { mixture, q, js } of oracle.js) {
    close(jsMixture(q, mixture), js, "js", 0, QUADRATURE);
    if (mixture.length === 1) close(jsNormal(mixture[0], q), js, "js", 0, QUADRATURE);
  }
});

const sameOptima = (mixture, ...rest) =>
  sameBells(
    fitReverse(mixture).sort((a, b) => a.mu - b.mu),
    ...rest,
  );

function sameBells(found, expected, what, place) {
  assert.equal(found.length, expected.length, `${what}: ${JSON.stringify(found)}`);
  found.forEach(({ mu, sigma, kl }, i) => {
    close(mu, expected[i][0], `${what}, mu`, 0, place);
    close(sigma, expected[i][1], `${what}, sigma`, 0, place);
    close(kl, expected[i][2], `${what}, price`, 0, QUADRATURE);
  });
}

test("every reverse fit that kl_helpers finds, and no other", () => {
  assert.equal(cases.fits.length, 50);
  for (const { seed, mixture, reverse, forward } of cases.fits) {
    sameOptima(mixture, reverse, `mixture ${seed}`, 1e-5);
    const { mu, sigma } = moments(mixture);
    close(mu, forward[0], "forward mean", CLOSED, 1e-12);
    close(sigma, forward[1], "forward width");
    close(forwardKl({ mu, sigma }, mixture), forward[2], "forward price", 0, QUADRATURE);
  }
});

test("every reverse fit that 200 searches of scipy find, and no other", () => {
  oracle.fits.forEach(({ seed, starts, reverse }, i) => {
    assert.equal(starts, 200);
    assert.equal(cases.fits[i].seed, seed);
    sameOptima(cases.fits[i].mixture, reverse, `mixture ${seed}`, 1e-4);
  });
});

test("two equal hills: covering is given up at a half distance of 2.800", () => {
  for (const { m, mixture, reverse } of cases.hills)
    sameOptima(mixture, reverse, `m = ${m}`, 1e-5);
  const best = (m) => fitReverse([-m, m].map((mu) => ({ weight: 0.5, mu, sigma: 1 })))[0];
  assert.ok(Math.abs(best(2.7995).mu) < 1e-6);
  assert.ok(Math.abs(best(2.8005).mu) > 2.7);
});

test("the prices of the start page", () => {
  for (const { distance, cover, take } of cases.start) {
    const fits = hillFits(distance);
    assert.equal(fits.cover.kl.toFixed(2), cover, `cover at ${distance}`);
    assert.equal(fits.take.kl.toFixed(2), take, `take at ${distance}`);
  }
});

test("slope and curvature of the price are its differences", () => {
  const h = 1e-3;
  for (const { mixture, q } of cases.mixture) {
    const at = (a, b) =>
      costWithDerivatives(
        { mu: q.mu + q.sigma * a, sigma: q.sigma * Math.exp(b) },
        mixture,
        0.01,
      ).kl;
    const { kl, slope, bend } = costWithDerivatives(q, mixture, 0.01);
    close(kl, reverseKl(q, mixture), "price", 0, QUADRATURE);
    const differences = [
      (at(h, 0) - at(-h, 0)) / (2 * h),
      (at(0, h) - at(0, -h)) / (2 * h),
      (at(h, 0) - 2 * kl + at(-h, 0)) / h ** 2,
      (at(h, h) - at(h, -h) - at(-h, h) + at(-h, -h)) / (4 * h * h),
      (at(0, h) - 2 * kl + at(0, -h)) / h ** 2,
    ];
    [...slope, ...bend].forEach((value, i) =>
      close(value, differences[i], `derivative ${i}`, 1e-4, 1e-4),
    );
  }
});

test("where the best fit jumps it does, and elsewhere it does not", () => {
  const best = (m, w) =>
    fitReverse([
      { weight: w, mu: -m, sigma: 1 },
      { weight: 1 - w, mu: m, sigma: 1 },
    ])[0];
  assert.equal(pricesByHalf(0.5).jump.toFixed(3), "2.800");
  for (const w of [0.3, 0.45, 0.5, 0.6, 0.7]) {
    const { jump } = pricesByHalf(w);
    const [before, after] = [best(jump - 2e-3, w), best(jump + 2e-3, w)];
    assert.ok(Math.abs(Math.abs(after.mu) - Math.abs(before.mu)) > 0.5, `weight ${w}`);
  }
  assert.equal(pricesByHalf(0.9).jump, null);
  for (let m = 0.2; m < 4.4; m += 0.1) {
    const apart = Math.abs(best(m + 0.1, 0.9).mu - best(m, 0.9).mu);
    assert.ok(apart < 0.4, `weight 0.9, m = ${m}`);
  }
});

test("the chart shows the optima of each distance", () => {
  for (const w of [0.5, 0.7])
    for (const { m, optima } of pricesByHalf(w).rows.filter((_, i) => i % 4 === 0)) {
      const mixture = [-m, m].map((mu, i) => ({ weight: i ? 1 - w : w, mu, sigma: 1 }));
      const exact = fitReverse(mixture);
      assert.equal(optima.length, exact.length, `m = ${m}, weight ${w}`);
      exact.forEach(({ kl }, i) => close(optima[i].kl, kl, `m = ${m}`, 0, 5e-3));
    }
});
