// Addresses: what is written is read back, and what cannot be read is named.
import assert from "node:assert/strict";
import test from "node:test";
import { changed, controlsOf } from "../src/change.mjs";
import { wholeParts, withProbability } from "../src/fields.mjs";
import { models } from "../src/models/index.mjs";
import { goalOf, score } from "../src/models/target.mjs";
import { draws, randomNumbers } from "../src/random.mjs";
import { defaults, read, write } from "../src/state.mjs";
import { digits } from "../src/words.mjs";

test("every state survives the address", () => {
  for (const model of models) {
    let state = { ...defaults(model), unit: "bits" };
    const next = randomNumbers(5);
    for (const control of controlsOf(model)) {
      const field = model.fields[control.field];
      const value = field.min + (field.max - field.min) * next();
      state = changed(state, control, field, value);
    }
    assert.deepEqual(read(`#${write(state)}`), { state, problems: [] }, model.id);
    assert.equal(write(read(write(state)).state), write(state));
  }
});

test("no address is the first tab as it is", () => {
  assert.deepEqual(read(""), { state: defaults(models[0]), problems: [] });
});

test("what cannot be read keeps its standard value and is named", () => {
  const bad = {
    "tab=none": /tab=none: there is no such tab/,
    "tab=fit&d=zz": /d=zz: is not a number/,
    "tab=fit&d=": /d=: is not a number/,
    "tab=fit&d=99": /d=99: is not between 0 and 9/,
    "tab=fit&d=NaN": /is not a number/,
    "tab=fit&d=Infinity": /is not a number/,
    "tab=fit&p=1": /p: this tab has no such value/,
    "unit=miles": /unit=miles: is neither nats nor bits/,
    "tab=discrete&p=0.5,0.5": /does not have 4 numbers/,
    "tab=discrete&p=0.5,0.5,0.5,0.5": /sums to 2.000, not 1/,
    "tab=discrete&p=1.5,-0.5,0,0": /is not between 0 and 1/,
    "tab=discrete&p=%E0%A4%A": /does not have 4 numbers/,
    "tab=gaussians&sp=0": /sp=0: is not between/,
  };
  for (const [text, message] of Object.entries(bad)) {
    const { state, problems } = read(`#${text}`);
    assert.equal(problems.length, 1, text);
    assert.match(problems[0], message);
    const model = models.find((one) => one.id === state.tab);
    assert.deepEqual(state, defaults(model), text);
  }
  const { state, problems } = read("#tab=fit&d=zz&w=0.7");
  assert.deepEqual([state.d, state.w, problems.length], [4, 0.7, 1]);
});

test("probabilities always sum to one, and a set one stays set", () => {
  const next = randomNumbers(3);
  let values = [0.5, 0.25, 0.125, 0.125];
  for (let i = 0; i < 500; i++) {
    const index = Math.floor(4 * next());
    const value = i % 17 === 0 ? 1 : i % 5 === 0 ? 0 : next();
    values = withProbability(values, index, value);
    assert.equal(Math.round(1e4 * values[index]), Math.round(1e4 * value));
    assert.equal(
      values.reduce((sum, v) => sum + Math.round(1e4 * v), 0),
      1e4,
    );
    assert.ok(values.every((v) => v >= 0 && Number.isFinite(v)));
  }
  assert.deepEqual(withProbability([1, 0, 0, 0], 0, 0.1), [0.1, 0.3, 0.3, 0.3]);
  assert.deepEqual(withProbability([0.5, 0.5, 0, 0], 0, 0.2), [0.2, 0.8, 0, 0]);
  assert.deepEqual(wholeParts([1, 1, 1]), [0.3334, 0.3333, 0.3333]);
});

test("draws are the same on every machine and follow their distribution", () => {
  assert.deepEqual(draws([0.5, 0.25, 0.25], 8, 1), draws([0.5, 0.25, 0.25], 8, 1));
  assert.notDeepEqual(draws([0.5, 0.5], 20, 1), draws([0.5, 0.5], 20, 2));
  const p = [0.125, 0.5, 0.25, 0.125];
  const counts = [0, 0, 0, 0];
  for (const i of draws(p, 20_000, 7)) counts[i]++;
  counts.forEach((count, i) => assert.ok(Math.abs(count / 20_000 - p[i]) < 0.015));
});

test("the score of a target", () => {
  assert.deepEqual(score(0.5, 0.5), { off: 0, hit: true, points: 100 });
  assert.equal(score(0.509, 0.5).hit, true);
  assert.equal(score(0.52, 0.5).hit, false);
  assert.deepEqual(score(Infinity, 0.5), { off: Infinity, hit: false, points: 0 });
  for (let round = 0; round < 200; round++)
    assert.ok(goalOf(round) >= 0.05 && goalOf(round) <= 1.5);
});

test("numbers as people read them", () => {
  assert.equal(digits(Infinity), "∞");
  assert.equal(digits(0.43321698784996565), "0.4332");
  assert.equal(digits(-0.00000001), "-1.00e-8");
  assert.equal(digits(0), "0.0000");
});
