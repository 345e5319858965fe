// Teacher and student softmax at one temperature, and the factor T².
import { jsDivergence, klFromLogits, klTerms, softmax } from "../discrete.mjs";
import { number, numbers } from "../fields.mjs";
import { base, literal, program } from "../python.mjs";
import { gradient, size } from "../temperature.mjs";
import { LETTERS, PRINTS } from "./pair.mjs";

const logits = (values) => numbers({ default: values, min: -8, max: 8, decimals: 1 });
const controls = (field) =>
  LETTERS.map((letter, index) => ({
    id: `${field}${index + 1}`,
    field,
    index,
    label: `Logit of ${letter}`,
    step: 0.1,
  }));
const TEMPERATURES = Array.from({ length: 41 }, (_, i) => 0.5 * 40 ** (i / 40));

export const temperature = {
  id: "temperature",
  name: "Temperature",
  title: "Temperature and the factor T²",
  prompt: "Raise T from 1 to 10. What happens to the gradient, and what does T² repair?",
  fields: {
    T: number({ default: 4, min: 0.5, max: 20, decimals: 2 }),
    z: logits([5, 3, 0, -1]),
    v: logits([2, 2.5, 0.5, 0]),
  },
  groups: [
    {
      title: "Both",
      role: "samples",
      controls: [{ id: "T", field: "T", label: "Temperature T", step: 0.1, scale: "log" }],
    },
    { title: "P, the teacher", role: "fixed", controls: controls("z") },
    { title: "Q, the student", role: "moving", controls: controls("v") },
  ],
  compute({ T, z, v }) {
    const [p, q] = [softmax(z, T), softmax(v, T)];
    const sizes = TEMPERATURES.map((t) => {
      const plain = size(gradient(z, v, t));
      return { t, plain, scaled: plain * t * t };
    });
    const plain = size(gradient(z, v, T));
    return {
      sizes,
      plain,
      scaled: plain * T * T,
      pair: {
        kind: "discrete",
        p,
        q,
        forward: klFromLogits(z, v, T),
        reverse: klFromLogits(v, z, T),
        js: jsDivergence(p, q),
        forwardTerms: klTerms(p, q),
        reverseTerms: klTerms(q, p),
      },
    };
  },
  python: ({ T, z, v, unit }) =>
    program(
      [
        "import numpy as np",
        "",
        "import kl_helpers as kl",
        "",
        `teacher = np.array(${literal(z)}) / ${literal(T)}  # logits over T`,
        `student = np.array(${literal(v)}) / ${literal(T)}`,
        `forward = kl.kl_from_logits(teacher, student${base(unit)})`,
        `reverse = kl.kl_from_logits(student, teacher${base(unit)})`,
        "p, q = (np.exp(z) / np.exp(z).sum() for z in (teacher, student))",
        `js = kl.js_divergence(p, q${base(unit)})`,
        `gradient = np.linalg.norm(q - p) / ${literal(T)}  # of D(P||Q) in nats`,
        `scaled = gradient * ${literal(T)} ** 2`,
        'print(f"size of the gradient: {gradient:.4f}, times T squared: {scaled:.4f}")',
      ],
      PRINTS,
      unit,
    ),
};
