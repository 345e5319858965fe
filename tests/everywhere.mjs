// Runs a Python file in Pyodide: node everywhere.mjs PYODIDE_DIR ROOT FILE [PACKAGES]
// What the file prints goes to the error stream, its last value to the output.
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
const [folder, root, file, packages] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const pyodide = await loadPyodide({ indexURL: folder, stdout: console.error });
const tools = packages ? ["matplotlib", "ipython", "pygments", "packaging"] : [];
await pyodide.loadPackage(["numpy", ...tools], { messageCallback: () => {} });
const places = { "/root_of_course": root, "/packages": packages };
for (const [place, path] of Object.entries(places)) {
  if (!path) continue;
  pyodide.FS.mkdir(place);
  pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: path }, place);
  pyodide.runPython(`import sys; sys.path.append('${place}')`);
}
try {
  console.log(pyodide.runPython(readFileSync(file, "utf8")));
} catch (error) {
  console.error(error.message); // without the minified source that node would print
  process.exitCode = 1;
}
