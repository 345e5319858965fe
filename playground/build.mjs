// node build.mjs FOLDER: the two bundles of the site, the same bytes every time.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const source = (name) => fileURLToPath(new URL(`src/${name}.mjs`, import.meta.url));

await build({
  entryPoints: { playground: source("main"), hills: source("hills") },
  outdir: process.argv[2],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  banner: { js: "// Built from playground/src by `python -m tools.playground build`." },
});
