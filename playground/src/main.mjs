// Starts the playground and the small figures on a page that has them.
import { startEmbed } from "./embed.mjs";
import { startPlayground } from "./page.mjs";

const playground = new URL("../book/playground.html", import.meta.url).href;
const root = document.querySelector(".kl-playground");
if (root) startPlayground(root);
for (const figure of document.querySelectorAll(".kl-embed")) startEmbed(figure, playground);
