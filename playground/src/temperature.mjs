// Gradients of D(teacher‖student) at temperature T by the logits of the student.
import { softmax } from "./discrete.mjs";

export function gradient(teacher, student, temperature) {
  const p = softmax(teacher, temperature);
  return softmax(student, temperature).map((q, i) => (q - p[i]) / temperature);
}

export const size = (vector) => Math.hypot(...vector);
